"""The unmodified aihorde: pictures, texts and models, pointed at this horde by its base_url."""

import asyncio
import json
import os

from aihorde import client, models

MODEL, TEXT_MODEL = os.environ["PLACE_MODEL"], os.environ["PLACE_TEXT_MODEL"]


async def main() -> None:
    horde = client.AIHordeClient(api_key=os.environ["PLACE_KEY"], base_url=f"{os.environ['PLACE_URL']}/api")
    params = models.ModelGenerationInputStable(width=64, height=64, steps=5, n=2)
    picture, text = await asyncio.gather(
        horde.generate_images(models.GenerationInputStable(prompt="a red heart", params=params, models=[MODEL])),
        horde.generate_text(
            models.GenerationInputKobold(prompt="Once", params=models.ModelGenerationInputKobold(), models=[TEXT_MODEL])
        ),
    )
    active = await horde.get_models(), await horde.get_models(type="text", min_count=1)
    told = {
        "images": [[made.img, made.seed, made.model, made.state] for made in picture.generations],
        "done": [picture.done, text.done],
        "texts": [made.text for made in text.generations or ()],
        "models": [[model.name for model in found] for found in active],
    }
    print(json.dumps(told))


asyncio.run(main())
