"""kintone's REST API: an upsert by an update key, so a record may be written again at any time (records.json, PUT)."""

import requests
from django.conf import settings

from config.lib.http import Session
from orders.backoffices.base import Json
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.replies import sort_reply, unreachable

UPDATE_KEY = "placement_reference"
LOCKED = "GAIA_DA02"  # answered with status 400, but meant to be tried again


class Kintone:
    def __init__(self) -> None:
        self._session = Session()
        self._session.trust_env = False
        self._session.headers["X-Cybozu-API-Token"] = settings.KINTONE_API_TOKEN

    def upsert(self, record: Json, key: str) -> Json:
        if not settings.KINTONE_URL:
            raise Transient("KINTONE_URL is not set: kintone cannot be reached")
        fields = {code: {"value": value} for code, value in record.items() if code != UPDATE_KEY}
        body = {
            "app": settings.KINTONE_APP,
            "upsert": True,
            "records": [{"updateKey": {"field": UPDATE_KEY, "value": record[UPDATE_KEY]}, "record": fields}],
        }
        try:
            reply = self._session.put(settings.KINTONE_URL.rstrip("/") + "/k/v1/records.json", json=body)
        except requests.RequestException as error:
            raise unreachable("kintone", error) from error
        if reply.status_code == 400 and LOCKED in reply.text:
            raise Transient(f"kintone is locked: {reply.text[:300]}")
        sort_reply("kintone", reply)
        (written,) = reply.json()["records"]
        return {"id": written["id"], "revision": written["revision"], "operation": written["operation"]}
