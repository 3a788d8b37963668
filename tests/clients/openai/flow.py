"""The unmodified openai: chats and prompts, whole and streamed, a picture, models; pointed here by OPENAI_BASE_URL."""

import json
import os

import openai

MODEL, TEXT_MODEL = os.environ["PLACE_MODEL"], os.environ["PLACE_TEXT_MODEL"]


def refused(key: str) -> list[object]:
    try:
        openai.OpenAI(api_key=key).chat.completions.create(
            model=TEXT_MODEL, messages=[{"role": "user", "content": "Once"}], max_tokens=32
        )
    except openai.AuthenticationError as error:
        return [error.status_code, bool(error.message)]
    return []


def main() -> None:
    client = openai.OpenAI(api_key=os.environ["PLACE_KEY"])
    messages = [{"role": "system", "content": "You tell stories."}, {"role": "user", "content": "Once"}]
    chat = client.chat.completions.create(model=TEXT_MODEL, messages=messages, max_tokens=32)
    streamed = client.chat.completions.create(model=TEXT_MODEL, messages=messages, max_tokens=32, stream=True)
    pieces = [chunk.choices[0].delta.content or "" for chunk in streamed if chunk.choices]
    prompt = client.completions.create(model=TEXT_MODEL, prompt="Once", max_tokens=32)
    lines = client.completions.create(model=TEXT_MODEL, prompt="Once", max_tokens=32, stream=True)
    said = [chunk.choices[0].text for chunk in lines if chunk.choices]
    picture = client.images.generate(model=MODEL, prompt="a red heart", size="256x256", response_format="b64_json")
    told = {
        "chat": [chat.choices[0].message.content, chat.choices[0].message.role, chat.choices[0].finish_reason],
        "streamed": "".join(pieces),
        "prompt": prompt.choices[0].text,
        "said": "".join(said),
        "picture": picture.data[0].b64_json,
        "models": [model.id for model in client.models.list()],
        "model": client.models.retrieve(TEXT_MODEL).id,
        "refused": refused("n" * 22),
    }
    print(json.dumps(told))


main()
