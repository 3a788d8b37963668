"""Rating pictures for the public data set: the route is there, and says why it takes nothing."""

from tests.api.scene import MODEL, Horde

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_an_order_is_shared_with_no_data_set(horde: Horde) -> None:
    asked = (await horde.ask("a cat", models=[MODEL])).body["id"]
    refused = await horde.call("POST", f"/api/v2/generate/rate/{asked}", json={"best": NOBODY})
    assert (refused.status, refused.body["rc"]) == (400, "AestheticsNotPublic")
    assert "showcase" in refused.body["message"]
    unknown = await horde.call("POST", f"/api/v2/generate/rate/{NOBODY}", json={})
    assert (unknown.status, unknown.body["rc"]) == (404, "RequestNotFound")
    broken = await horde.call(
        "POST", f"/api/v2/generate/rate/{asked}", json={"ratings": [{"id": NOBODY, "rating": 11}]}
    )
    assert broken.status == 400
    assert "ratings.0.rating" in broken.body["errors"]
