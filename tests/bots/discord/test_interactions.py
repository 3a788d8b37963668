"""Commands, menus, forms, buttons and suggestions: each means words of the one grammar, or is answered on the spot."""

from bots.discord.asking.commands import COMMANDS, is_told, words_of
from bots.discord.known import suggested
from bots.platform import EventKind, PlatformEvent
from tests.bots.discord.conftest import Guild
from tests.doubles.discord import EPHEMERAL
from tests.doubles.discord_world import GUILD, Asked
from tests.stages.discord import SHOWCASE, TALK


async def heard(guild: Guild) -> PlatformEvent:
    """Returns the next thing the bots are told."""
    events = guild.platform.events(None)
    event = await anext(events)
    await guild.platform.close()
    return event


async def drawn(guild: Guild, *, private: bool = False) -> Asked:
    """A picture that ada asked for by a command, and that is there."""
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a red heart", private=private)
    await guild.read_and_settle(await guild.play.stored() + 1)
    return asked


def test_a_command_is_the_words_that_a_mention_would_use() -> None:
    def given(**options: object) -> list[dict[str, object]]:
        return [{"name": name, "value": value} for name, value in options.items()]

    draw = given(prompt="a cat", style="ocean", aspect="3:2", count=2, private=True, spoiler=False)
    assert words_of("draw", draw) == "draw for me a cat\nprivate: yes\nstyle: ocean\naspect: 3:2\ncount: 2"
    assert words_of("write", given(prompt="a haiku", tokens=40)) == "write a haiku\ntokens: 40"
    assert words_of("read", given(picture="1", what="fix face", private=True)) == "fix face\nprivate: yes"
    assert words_of("read", given(picture="1")) == "describe"
    assert words_of("tip", given(user="7", amount=10)) == "tip 10"
    assert (words_of("link", given(code="ABCD-EFGH")), words_of("link", [])) == ("link ABCD-EFGH", "link")
    assert words_of("forget-me", []) == "forget me"
    party = given(theme="Winter animals", style="ocean", words="fox, owl", award=0, guests=3)
    assert words_of("party", party) == "party Winter animals style: ocean words: fox, owl award: 0 guests: 3"
    assert words_of("party-end", []) == "party end"


def test_commands_are_told_again_only_where_they_differ() -> None:
    there: list[dict[str, object]] = [{**one, "id": "1", "version": "9", "nsfw": False} for one in COMMANDS]
    assert is_told(there)
    assert not is_told(there[1:])
    assert not is_told([{**there[0], "contexts": [0]}, *there[1:]])
    assert not is_told([{**there[0], "options": there[0]["options"][1:]}, *there[1:]])  # type: ignore[index]  # it is a list


async def test_a_command_has_its_attachment_its_server_and_whom_it_names(guild: Guild) -> None:
    await guild.double.ask("read", by=guild.stage.ada, picture="cat.png", what="upscale")
    event = await heard(guild)
    assert (event.text, event.community) == ("upscale", str(GUILD))
    assert [one.url for one in event.attachments] == ["https://cdn.invalid/cat.png"]
    await guild.double.ask("tip", by=guild.stage.ada, user=guild.stage.bob, amount=5)
    event = await heard(guild)
    parent = await guild.play.platform.parent(event)
    assert event.text == "tip 5"
    assert parent is not None
    assert (parent.author.external_id, parent.author.display_name) == ("1002", "bob")


async def test_styles_and_models_are_suggested_from_what_is_served(guild: Guild) -> None:
    await guild.play.ask()  # from now on a worker is there, with one model
    double, ada = guild.double, guild.stage.ada
    async with guild.heard():
        assert await double.complete("draw", "model", "TINY", by=ada) == ["tiny-glyphs"]
        assert await double.complete("draw", "model", "no such", by=ada) == []
        styles = await double.complete("draw", "style", "", by=ada)
        fitting = await double.complete("draw", "style", styles[0][:3], by=ada)
    assert "plain" in styles
    assert fitting[0].startswith(styles[0][:3])


def test_no_more_is_suggested_than_discord_shows_and_what_begins_so_comes_first() -> None:
    names = [f"a cat {number}" for number in range(40)] + ["Catalogue", "x" * 101]
    assert suggested(names, "cat")[0] == "Catalogue"
    assert len(suggested(names, "")) == 25
    assert suggested(names, "xx") == []


async def test_describe_picture_works_on_anyones_message_as_a_menu_tells_it_whole(guild: Guild) -> None:
    said = await guild.double.say("look", by=guild.stage.bob, pictures=("cat.png",))
    await guild.double.menu("Describe picture", by=guild.stage.ada, message=said)
    event = await heard(guild)
    parent = await guild.play.platform.parent(event)
    assert (event.text, event.in_reply_to) == ("describe", f"{TALK}.{said}")
    assert [one.url for one in event.attachments] == ["https://cdn.invalid/cat.png"]
    assert parent is not None
    assert parent.author.external_id == "1002"


async def test_a_menu_on_a_message_without_a_picture_says_so_to_who_opened_it(guild: Guild) -> None:
    said = await guild.double.say("look", by=guild.stage.bob)
    async with guild.heard():
        asked = await guild.double.menu("Describe picture", by=guild.stage.ada, message=said)
        response = await guild.double.response(asked)
    assert response["data"]["flags"] == EPHEMERAL
    assert "no picture" in response["data"]["content"]
    assert await guild.play.stored() == 0


async def test_a_tip_by_menu_asks_how_much_in_a_form_that_outlives_a_restart(guild: Guild) -> None:
    said = await guild.double.say("look", by=guild.stage.bob)
    async with guild.heard():
        asked = await guild.double.menu("Tip author", by=guild.stage.ada, message=said)
        await guild.double.response(asked)
    guild.play = await guild.play.again()
    await guild.double.fill_in(asked, amount="25")
    event = await heard(guild)
    parent = await guild.play.platform.parent(event)
    assert (event.kind, event.text, event.in_reply_to) == (EventKind.DIRECT, "tip 25", f"{TALK}.{said}")
    assert parent is not None
    assert parent.author.external_id == "1002"
    async with guild.heard():
        asked = await guild.double.menu("Tip", by=guild.stage.ada, person=guild.stage.bob)
        sent = await guild.double.fill_in(asked, amount="much")
        assert "Write a number" in (await guild.double.response(sent))["data"]["content"]


async def test_a_reply_knows_its_parent_but_not_the_words_that_discord_hides(guild: Guild) -> None:
    said = await guild.double.say("a secret", by=guild.stage.bob, pictures=("cat.png",))
    await guild.stage.say("@horde tip 10", in_reply_to=f"{TALK}.{said}")
    parent = await guild.play.platform.parent(await heard(guild))
    assert parent is not None
    assert (parent.remote_id, parent.author.external_id) == (f"{TALK}.{said}", "1002")
    assert (parent.text, parent.pictures) == ("", ())


async def test_edit_shows_the_order_in_a_form_and_draws_what_comes_back(guild: Guild) -> None:
    await drawn(guild)
    guild.play = await guild.play.again()
    (answer,) = guild.double.said(TALK)
    async with guild.heard():
        asked = await guild.double.press(int(answer["id"]), "Edit", by=guild.stage.ada)
        modal = (await guild.double.response(asked))["data"]
    assert modal["components"][0]["component"]["value"] == "draw for me a red heart"
    await guild.double.fill_in(asked, order="draw for me a blue heart")
    await guild.read_and_settle(2)
    newest = guild.double.said(TALK)[-1]
    assert "a blue heart" in newest["attachments"][0]["description"]


async def test_thumbs_count_once_a_person_wherever_the_picture_is_shown(guild: Guild) -> None:
    await drawn(guild)
    (answer,), (shown,) = guild.double.said(TALK), guild.double.said(SHOWCASE)
    double, bob = guild.double, guild.stage.bob
    asked = await double.press(int(answer["id"]), "👍", by=bob)
    await double.press(int(shown["id"]), "👍", by=guild.stage.ada, channel=SHOWCASE)
    await guild.read_and_settle(3)
    commission = (await guild.play.rows())[0].commission_id
    rating = await guild.play.rating(commission)
    assert (rating.up, rating.down) == (2, 0)
    told = (await double.response(asked))["data"]
    assert (told["flags"], told["content"]) == (EPHEMERAL, "Your 👍 counts, thank you.")
    await double.press(int(answer["id"]), "👎", by=bob)
    await guild.read_and_settle(4)
    rating = await guild.play.rating(commission)
    assert (rating.up, rating.down) == (1, 1)


async def test_buttons_under_what_one_person_alone_sees_know_their_picture(guild: Guild) -> None:
    asked = await drawn(guild, private=True)
    await drawn(guild)  # not the newest any more
    assert asked.original is not None
    guild.play = await guild.play.again()
    async with guild.heard():
        pressed = await guild.double.press_under(asked.original, "Edit", by=guild.stage.ada)
        modal = (await guild.double.response(pressed))["data"]
        stranger = await guild.double.press_under(asked.original, "Edit", by=guild.stage.bob)
        refused = (await guild.double.response(stranger))["data"]
    assert "private: yes" in modal["components"][0]["component"]["value"]
    assert "someone else's" in refused["content"]


async def test_what_everyone_sees_anyone_may_have_drawn_again_for_themselves(guild: Guild) -> None:
    await drawn(guild)
    (answer,) = guild.double.said(TALK)
    await guild.double.menu("Draw again", by=guild.stage.bob, message=int(answer["id"]))
    await guild.read_and_settle(2)
    newest = guild.double.said(TALK)[-1]
    assert newest["content"].startswith("<@1002> ")
    assert "a red heart" in newest["attachments"][0]["description"]


async def test_words_of_someone_else_are_drawn_and_never_obeyed(guild: Guild) -> None:
    said = await guild.double.say("forget me", by=guild.stage.bob)
    await guild.double.menu("Draw again", by=guild.stage.ada, message=said)
    assert (await heard(guild)).text == "draw for me forget me"


async def test_a_picture_that_is_gone_is_refused_in_its_place(guild: Guild) -> None:
    await guild.double.ask("draw", by=guild.stage.ada, prompt="a red heart")
    await guild.play.read(1)
    await guild.play.make()
    for row in await guild.play.rows():
        for picture in row.post.media:
            await guild.play.scene.objects.delete(picture.key)
    await guild.play.settle()
    assert guild.double.said(TALK) == []
    assert all("gone" in row.reason for row in await guild.play.rows())


async def test_an_interaction_that_discord_gave_up_is_answered_by_a_message(guild: Guild) -> None:
    asked = await guild.double.ask("draw", by=guild.stage.ada, prompt="a red heart")
    guild.clock.pass_s(4)  # Discord waits for 3 s
    await guild.read_and_settle(1)
    assert asked.response is None
    (answer,) = guild.double.said(TALK)
    assert len(answer["attachments"]) == 1
