"""Routes about people: who may sign in, who is signed in, signing in and out.

To choose one's name is enough here. Passwords are an issue of their own; every action bears its actor already.
"""

import structlog
from fastapi import APIRouter, Request, Response

from monitor.errors import NotFound
from monitor.web.access import COOKIE, SHIFT_S
from monitor.web.answers import Answer, Rooms, SignedIn, failures
from monitor.web.messages import Me, SignIn, User, UserList

_log = structlog.get_logger("access")


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(prefix="/api", tags=["people"])

    @routes.get("/users", summary="Who may sign in", response_model=UserList)
    async def users() -> Response:
        return Answer(UserList(tuple(User(actor.name, actor.role) for actor in rooms.seal.users.values())))

    @routes.get("/me", summary="Who is signed in at this browser", response_model=Me)
    async def me(actor: SignedIn) -> Response:
        return Answer(Me(actor))

    @routes.post(
        "/sign-in",
        summary="Sign in; the answer sets the cookie",
        response_model=Me,
        responses=failures(_404="no such user"),
    )
    async def sign_in(body: SignIn, request: Request) -> Response:
        actor = rooms.seal.users.get(body.name)
        if actor is None:
            raise NotFound(f"there is no user '{body.name}'; users are named in the configuration")
        _log.info("signed in", name=actor.name, role=actor.role.value)
        rooms.audit.note(actor, "signed_in")
        answer = Answer(Me(actor))
        answer.set_cookie(
            COOKIE,
            rooms.seal.cookie(actor),
            max_age=SHIFT_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @routes.post("/sign-out", summary="Sign out; the answer takes the cookie away", response_model=Me)
    async def sign_out(actor: SignedIn) -> Response:
        if actor:
            _log.info("signed out", name=actor.name, role=actor.role.value)
            rooms.audit.note(actor, "signed_out")
        answer = Answer(Me(None))
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return routes
