"""The unmodified horde-client: pictures, texts and models, by its base_url argument; its langchain model too."""

import asyncio
import json
import os

from horde_client import AsyncHordeClient, HordeClient, HordeClientLLM, ImageGenParams, ModelType, TextGenParams, config

MODEL, TEXT_MODEL = os.environ["PLACE_MODEL"], os.environ["PLACE_TEXT_MODEL"]
PLACE = {"base_url": f"{os.environ['PLACE_URL']}/api/", "api_token": os.environ["PLACE_KEY"]}
config.REQUEST_RETRY_TIMEOUT = 1  # it looks every 12 seconds else


async def later() -> dict[str, object]:
    client = AsyncHordeClient(**PLACE)
    client.set_model(TEXT_MODEL)
    text = await client.text_gen("Once", TextGenParams())
    return {
        "text": text.generations[0].text,
        "models": [model.name for model in await client.list_models(ModelType.text)],
    }


def main() -> None:
    pictures, texts = HordeClient(**PLACE), HordeClient(**PLACE)
    pictures.set_model(MODEL)
    texts.set_model(TEXT_MODEL)
    picture = pictures.image_gen("a red heart", ImageGenParams(width=64, height=64, steps=5))
    text = texts.text_gen("Once", TextGenParams(max_length=32))
    told = {
        "done": [picture.done, text.done],
        "img": picture.generations[0].img,
        "text": text.generations[0].text,
        "models": [model.name for model in pictures.list_models(ModelType.image)],
        "langchain": HordeClientLLM(models=[TEXT_MODEL], **PLACE)("Once"),
        "async": asyncio.run(later()),
    }
    print(json.dumps(told))


main()
