"""Finished pictures: what is written into them, and what a reader gets out."""

import io
from xml.dom import minidom

from PIL import Image

from worker.jobs import Wanted
from worker.picture import Origin, encode_webp, enlarged, facts_in, withheld
from worker.pipeline.sizes import Sizes

SIZES = Sizes(asked_width_px=256, asked_height_px=128, made_width_px=88, made_height_px=48)
PROMPT = 'a "red" <heart> & ♥\x08 more'
WANTED = Wanted(
    prompt=PROMPT, negative="blurry", width_px=256, height_px=128, steps=12, cfg_scale=2.5, sampler="ddim",
    karras=False, clip_skip=1, tiling=False, seed=9,
)  # fmt: skip


def written() -> bytes:
    origin = Origin(wanted=WANTED, sizes=SIZES, model="tiny", baseline="toy")
    return encode_webp(enlarged(Image.radial_gradient("L").resize((88, 48)), SIZES), origin, quality=80)


def test_facts_come_out_as_they_went_in() -> None:
    facts = facts_in(written())
    assert facts["prompt"] == PROMPT
    assert facts["negative_prompt"] == "blurry"
    assert (facts["size_asked"], facts["size_made"]) == ("256x128", "88x48")
    assert facts["note"] == "made at 88x48, enlarged to 256x128"


def test_other_programs_can_read_it() -> None:
    with Image.open(io.BytesIO(written())) as image:
        assert (image.format, image.size, image.mode) == ("WEBP", (256, 128), "RGB")
        exif, xmp = image.getexif(), image.info["xmp"].decode()
    assert exif[0x010E] == "AI generated"
    comment = exif.get_ifd(0x8769)[0x9286].removeprefix(b"UNICODE\0").decode("utf-16-be")
    assert "Negative prompt: blurry\nSteps: 12, Sampler: ddim, CFG scale: 2.5, Seed: 9" in comment
    packet = minidom.parseString(xmp[xmp.index("<x:xmpmeta") : xmp.index("<?xpacket end")])  # noqa: S318 -- our own
    (source,) = packet.getElementsByTagName("Iptc4xmpExt:DigitalSourceType")
    assert "/trainedAlgorithmicMedia<" in source.toxml()


def test_pictures_of_others_have_no_facts() -> None:
    body = io.BytesIO()
    Image.new("RGB", (8, 8)).save(body, "WEBP")
    assert facts_in(body.getvalue()) == {}


def test_withheld_picture_has_the_asked_size_and_shows_nothing() -> None:
    image = withheld(SIZES)
    assert image.size == (256, 128)
    assert len(image.getcolors(maxcolors=10_000) or ()) > 10
