"""Addresses and their answers: an application of starlette, which is imported when it is made."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs

from analysis.errors import ErumflowError
from tasks.serving import children
from tasks.serving.catalogue import Shown, UnknownRecordError
from tasks.serving.guard import SANDBOX
from tasks.serving.jobs import log_of
from tasks.serving.pages import FILES, static
from tasks.serving.starting import Starter
from tasks.serving.trainings import finished_training
from tasks.serving.views import LIVE, Views

__all__ = ["application"]

_LOOK_SECONDS, _QUIET_SECONDS = 1.0, 15.0
# then a browser asks again: jupyter-server-proxy keeps streams of pages that were left as long as they last
_STREAM_SECONDS = 120.0
_MOST_FORM = 4096
# others are offered as files to keep
_SHOWN_AS = {"png": "image/png", "json": "text/plain", "jsonl": "text/plain", "yaml": "text/plain", "txt": "text/plain"}


def application(views: Views, ends: threading.Event) -> Any:
    """Make the application.

    Args:
        views: of the pages.
        ends: set when the server is to end, so that streams do.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
    from starlette.routing import Route

    def page(make: Callable[[Request], str]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> HTMLResponse:
            try:
                return HTMLResponse(await run_in_threadpool(make, request))
            except UnknownRecordError as error:
                return HTMLResponse(views.page("problem", problem=error.problem, cure=error.cure), 404)
            except ErumflowError as error:
                return HTMLResponse(views.page("problem", problem=error.problem, cure=error.cure), 503)

        return answer

    def now(request: Request) -> str:
        return views.page("now", live=views.live("now"), **views.commands())

    def records(request: Request) -> str:
        return views.page("records", **views.records(dict(request.query_params)))

    def record(request: Request) -> str:
        shown = views.catalogue.show(*_record(request))
        return views.page("record", shown=shown, manifest=_pretty(shown), training=_training(views, shown))

    def explain(request: Request) -> str:
        shown = views.catalogue.show(*_record(request))
        family, parameters = str(shown.manifest["record"]["family"]), shown.manifest["parameters"]
        answer = children.explain(family, {str(name): str(text) for name, text in parameters.items()})
        return views.page("answer", title="What would be made now, and why", answer=answer, place=shown.place)

    def compare(request: Request) -> str:
        query = request.query_params
        a, b, study = (query.get(name, "") for name in ("a", "b", "study"))
        answer = children.compare(a, b, study) if a and b else None
        return views.page("compare", answer=answer, **views.compared(a, b, study))

    def disk(request: Request) -> str:
        answer = children.prune() if "prune" in request.query_params else None
        return views.page("disk", answer=answer, **views.disk())

    def log(request: Request) -> str:
        text = log_of(views.jobs_folder, name := request.query_params.get("job", ""))
        if text is None:
            raise UnknownRecordError("there is no such job, or its log is not here", cure="look at the list again")
        return views.page("log", job=name, text=text)

    async def file(request: Request) -> Any:
        name = request.query_params.get("name", "")
        try:
            path = await run_in_threadpool(views.catalogue.file, *_record(request), name)
        except ErumflowError as error:
            return PlainTextResponse(f"{error.problem}\n", 404)
        kind = "text/html" if name == "report.html" else _SHOWN_AS.get(name.rpartition(".")[2])
        headers = {"content-security-policy": SANDBOX, "content-type": kind or "application/octet-stream"}
        return FileResponse(path, headers=headers, filename=None if kind else name)

    async def events(request: Request) -> Any:
        name = request.query_params.get("page", "")
        if name not in LIVE:
            return PlainTextResponse("no such page\n", 404)

        async def stream() -> AsyncIterator[str]:
            last, told = "", 0.0
            loop = asyncio.get_running_loop()
            end = loop.time() + _STREAM_SECONDS
            yield "retry: 500\n\n"
            while not ends.is_set() and loop.time() < end:
                text = await run_in_threadpool(views.live, name)
                if text != last:
                    lines = "".join(f"data: {line}\n" for line in text.splitlines())
                    last, told = text, loop.time()
                    yield f"event: page\n{lines}\n"
                elif loop.time() - told > _QUIET_SECONDS:
                    told = loop.time()
                    yield ": there\n\n"
                await asyncio.sleep(_LOOK_SECONDS)

        return StreamingResponse(stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def own_file(request: Request) -> Any:
        name = request.url.path.rpartition("/")[2]
        return PlainTextResponse(static(name), media_type=FILES[name])

    async def command(request: Request) -> Any:
        if views.starter is None:
            return PlainTextResponse("commands are not allowed: law run Serve --allow-commands\n", 403)
        form = await _form(request)
        do = _start if request.url.path.endswith("/start") else _stop
        try:
            await run_in_threadpool(do, views.starter, form)
        except ErumflowError as error:
            return HTMLResponse(views.page("problem", problem=error.problem, cure=error.cure), 400)
        return RedirectResponse("./", 303)

    pages = {"/": now, "/records": records, "/record": record, "/explain": explain, "/compare": compare}
    pages |= {"/disk": disk, "/log": log}
    pages |= {"/trainings": lambda request: views.page("trainings", live=views.live("trainings"))}
    pages |= {"/jobs": lambda request: views.page("jobs", live=views.live("jobs"))}
    pages |= {"/reports": lambda request: views.page("reports", **views.reports())}
    routes = [Route(path, page(make), methods=["GET"]) for path, make in pages.items()]
    routes += [Route("/file", file, methods=["GET"]), Route("/events", events, methods=["GET"])]
    routes += [Route(f"/{name}", own_file, methods=["GET"]) for name in FILES]
    routes += [Route(path, command, methods=["POST"]) for path in ("/start", "/stop")]
    return Starlette(routes=routes)


def _record(request: Any) -> tuple[str, str]:
    return request.query_params.get("place", ""), request.query_params.get("label", "")


def _pretty(shown: Shown) -> str:
    return json.dumps({name: one for name, one in shown.manifest.items() if name != "software"}, indent=1)


def _training(views: Views, shown: Shown) -> Any:
    if "history.jsonl" not in dict(shown.files):
        return None
    history = views.catalogue.file(shown.place, shown.label, "history.jsonl").read_bytes()
    return finished_training(history, shown.place)


async def _form(request: Any) -> dict[str, str]:
    """Read a form; the little that ours send."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_FORM:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}


def _start(starter: Starter, form: dict[str, str]) -> None:
    starter.start(form.get("task", ""), form.get("study", ""), form.get("statistics", ""))


def _stop(starter: Starter, form: dict[str, str]) -> None:
    starter.stop(int(form["process"]) if form.get("process", "").isdecimal() else 0)
