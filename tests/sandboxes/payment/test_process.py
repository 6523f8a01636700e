"""The process: kills, restarts, the clock and the connection cut, counted in the ledger afterwards."""

import socket
import subprocess
import sys
import threading

import pytest
import requests
import stripe

from tests.sandboxes.payment.conftest import client_for
from tests.sandboxes.payment.shopper import RETURN_URL, SECRET_KEY, order, paid_by
from tests.sandboxes.standin import ROOT, eventually


def test_killed_and_started_again_it_knows_every_payment(own_sandbox):
    api = client_for(own_sandbox)
    paid = api.payment_intents.create(paid_by("pm_card_visa"), {"idempotency_key": "k-1"})
    before = own_sandbox.book()
    own_sandbox.kill()
    own_sandbox.start()
    assert own_sandbox.book() == before
    assert api.payment_intents.retrieve(paid.id).status == "succeeded"


def test_a_key_whose_request_died_with_the_process_is_free_and_nothing_was_charged(own_sandbox):
    wanted, options = paid_by("pm_card_visa"), {"idempotency_key": "k-2"}
    own_sandbox.fault("hang", seconds=60)
    dying = threading.Thread(target=_pay_and_lose_the_connection, args=(own_sandbox, wanted, options))
    dying.start()
    eventually(lambda: not own_sandbox.get("/sandbox/faults").json()["faults"][0]["remaining"])
    own_sandbox.kill()
    dying.join()
    own_sandbox.start()
    api = client_for(own_sandbox)
    assert own_sandbox.book()["totals"]["charges_succeeded"] == 0
    own_sandbox.heal()
    assert api.payment_intents.create(wanted, options).status == "succeeded"
    assert own_sandbox.book()["totals"]["charges_succeeded"] == 1


def _pay_and_lose_the_connection(sandbox, wanted, options):
    with pytest.raises(stripe.APIConnectionError):
        client_for(sandbox).payment_intents.create(wanted, options)


def test_killed_in_the_hang_after_the_work_the_stored_answer_is_replayed(own_sandbox):
    wanted, options = paid_by("pm_card_visa"), {"idempotency_key": "k-3"}
    own_sandbox.fault("hang", seconds=60, when="after")
    dying = threading.Thread(target=_pay_and_lose_the_connection, args=(own_sandbox, wanted, options))
    dying.start()
    eventually(lambda: own_sandbox.book()["totals"]["charges_succeeded"] == 1)
    own_sandbox.kill()
    dying.join()
    own_sandbox.start()
    assert client_for(own_sandbox).payment_intents.create(wanted, options).status == "succeeded"
    assert own_sandbox.book()["totals"]["charges_succeeded"] == 1


@pytest.mark.parametrize(("when", "charges"), [("after", 1), ("before", 0)])
def test_a_dropped_connection_hides_whether_it_was_charged(sandbox, api, when, charges):
    wanted, options = paid_by("pm_card_visa"), {"idempotency_key": f"dropped-{when}"}
    sandbox.fault("drop", path="/v1/payment_intents", when=when)
    with pytest.raises(stripe.APIConnectionError):
        api.payment_intents.create(wanted, options)
    made = sandbox.book()["orders"].get(wanted["metadata"]["order"], {"charges_succeeded": 0})
    assert made["charges_succeeded"] == charges
    assert api.payment_intents.create(wanted, options).status == "succeeded"
    assert sandbox.book()["orders"][wanted["metadata"]["order"]]["charges_succeeded"] == 1


def test_confirmed_from_eight_sides_at_once_an_intent_is_charged_once(sandbox, api):
    intent = api.payment_intents.create(order())
    answers = at_once(8, lambda: confirm(sandbox, intent.id))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert [charge.status for charge in api.charges.list({"payment_intent": intent.id})] == ["succeeded"]


def test_canceled_while_it_is_confirmed_it_is_one_or_the_other(sandbox, api):
    for _ in range(6):
        intent = api.payment_intents.create(order())
        sides = iter([lambda: confirm(sandbox, intent.id), lambda: cancel(sandbox, intent.id)] * 2)  # noqa: B023
        at_once(4, lambda: next(sides)())  # noqa: B023
        after = api.payment_intents.retrieve(intent.id)
        charges = len(api.charges.list({"payment_intent": intent.id}).data)
        assert (after.status, charges) in {("succeeded", 1), ("canceled", 0)}


def at_once(number, act):
    barrier, answers = threading.Barrier(number), []

    def run():
        barrier.wait()
        answers.append(act())

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def confirm(sandbox, intent):
    return act_on(sandbox, intent, "confirm", payment_method="pm_card_visa", return_url=RETURN_URL)


def cancel(sandbox, intent):
    return act_on(sandbox, intent, "cancel")


def act_on(sandbox, intent, verb, **params):
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    return requests.post(f"{sandbox.url}/v1/payment_intents/{intent}/{verb}", data=params, headers=headers, timeout=20)


def test_refunded_from_eight_sides_at_once_no_yen_too_much_goes_back(sandbox, api):
    paid = api.payment_intents.create(paid_by("pm_card_visa"))
    params = {"payment_intent": paid.id, "amount": "500"}
    headers = {"Authorization": f"Bearer {SECRET_KEY}"}
    at_once(8, lambda: requests.post(f"{sandbox.url}/v1/refunds", data=params, headers=headers, timeout=20))
    assert [refund.amount for refund in api.refunds.list({"payment_intent": paid.id}).data] == [500, 500]
    assert api.charges.retrieve(paid.latest_charge).amount_refunded == 1000


def started(*options):
    command = [sys.executable, "-m", "orders.sandboxes.payment", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)


def test_told_to_end_it_ends_in_good_order(own_sandbox):
    assert own_sandbox.get("/healthz").text == "ok\n"
    assert own_sandbox.stop() == (0, "")


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = started("--port", str(port), "--ledger", str(tmp_path / "ledger.sqlite3"))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"payment_sandbox: cannot listen on 127.0.0.1:{port}")
    assert ended.stderr.count("\n") == 1


def test_a_ledger_in_use_is_one_sentence(own_sandbox):
    ended = started("--port", "0", "--ledger", str(own_sandbox.ledger))
    assert ended.returncode == 2
    assert "is served by another payment sandbox" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_ledger_that_is_none_is_one_sentence(tmp_path):
    ledger = tmp_path / "ledger.sqlite3"
    ledger.write_text("this is no database, " * 100)
    ended = started("--port", "0", "--ledger", str(ledger))
    assert ended.returncode == 2
    assert "file is not a database" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "fault", [{"kind": "flood"}, {"kind": "hang", "seconds": -1}, {"kind": "500", "next": 0}, {"kind": "500", "x": 1}]
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox, fault):
    assert sandbox.post("/sandbox/faults", json=fault).status_code == 400
    assert sandbox.get("/sandbox/faults").json() == {"faults": []}


def test_faults_and_the_clock_need_the_secret_key(sandbox):
    for path in ("/sandbox/faults", "/sandbox/clock"):
        assert requests.post(f"{sandbox.url}{path}", json={"kind": "500"}, timeout=10).status_code == 401


def test_the_management_command_serves_the_same(tmp_path):
    ended = subprocess.run(
        [sys.executable, "manage.py", "payment_sandbox", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, "--webhook-secret" in ended.stdout) == (0, True)


def test_it_loads_nothing_of_the_shop():
    code = "import sys; import orders.sandboxes.payment.server; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = {"accounts", "vod", "shop", "cms", "config", "orders.models", "orders.apps", "orders.payments"}
    assert ours.isdisjoint(loaded.split())
