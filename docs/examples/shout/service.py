"""A service that has nothing to do with Brownout: it shouts.

python service.py PORT                      a shouter: each text goes through a subprocess of its own
python service.py PORT SHOUTER SHOUTER ...  a desk: passes each text on to a shouter, to another one if that fails
"""

import asyncio
import itertools
import sys

import aiohttp
import uvicorn
from fastapi import Body, FastAPI, HTTPException

app = FastAPI()
port, shouters = int(sys.argv[1]), sys.argv[2:]
turns = itertools.count()


@app.get("/ready")
async def ready() -> str:
    return "yes"


async def shout(text: str) -> str:
    process = await asyncio.create_subprocess_exec("tr", "a-z", "A-Z", stdin=-1, stdout=-1)
    output, _ = await process.communicate(text.encode())
    return output.decode()


async def pass_on(text: str) -> str:
    turn = next(turns)
    for number in range(len(shouters)):
        url = f"http://{shouters[(turn + number) % len(shouters)]}/"
        try:
            async with aiohttp.request("POST", url, json=text, timeout=aiohttp.ClientTimeout(3)) as reply:
                return str(await reply.json())
        except (aiohttp.ClientError, TimeoutError):
            continue
    raise HTTPException(502, "no shouter answers")


@app.post("/")
async def answer(text: str = Body()) -> str:
    return await (pass_on(text) if shouters else shout(text))


uvicorn.run(app, port=port, log_level="warning")
