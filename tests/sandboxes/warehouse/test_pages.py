from tests.sandboxes.warehouse.shop import instruction


def _page(warehouse, path="/"):
    answer = warehouse.standin.get(path)
    assert answer.status_code == 200
    return answer


def test_a_person_ships_a_part_with_the_button(warehouse):
    taken = warehouse.instruct(instruction(order_number="H-PAGE-1")).json()
    form = {"quantity.L1": "1", "quantity.L2": "0", "carrier": "日本郵便", "tracking_number": ""}
    answer = warehouse.standin.post(f"/instructions/{taken['id']}/ship", data=form)
    assert answer.status_code == 200
    assert f"{taken['id']} を出荷しました。" in answer.text
    shipped = warehouse.get(f"/v1/instructions/{taken['id']}").json()
    assert [line["shipped"] for line in shipped["lines"]] == [1, 0]
    assert shipped["shipments"][0]["carrier"] == "日本郵便"


def test_a_person_is_told_why_too_many_cannot_be_shipped(warehouse):
    taken = warehouse.instructed()
    answer = warehouse.standin.post(f"/instructions/{taken['id']}/ship", data={"quantity.L1": "3"})
    assert answer.status_code == 409
    assert "2 of MUG-WHITE remain" in answer.text
    answer = warehouse.standin.post(f"/instructions/{taken['id']}/ship", data={"quantity.L1": "三"})
    assert "数量「三」は1以上の整数で入力してください。" in answer.text


def test_a_form_left_at_zero_ships_nothing(warehouse):
    taken = warehouse.instructed()
    form = {"quantity.L1": "0", "quantity.L2": ""}
    assert warehouse.standin.post(f"/instructions/{taken['id']}/ship", data=form).status_code == 409
    assert warehouse.get(f"/v1/instructions/{taken['id']}").json() == taken


def test_the_list_is_searched_by_order_number(warehouse):
    warehouse.instruct(instruction(order_number="H-FIND-ME"))
    warehouse.instruct(instruction(order_number="H-OTHER"))
    page = _page(warehouse, "/?q=FIND-ME").text
    assert "H-FIND-ME" in page
    assert "H-OTHER" not in page
    assert "H-FIND-ME" not in _page(warehouse, "/?q=%25FIND%25").text


def test_what_a_shop_sends_is_never_markup(warehouse):
    warehouse.instruct(instruction(note="<script>alert(1)</script>"))
    page = _page(warehouse).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_pages_carry_a_strict_policy(warehouse):
    for path in ("/", "/events/", "/faults/", "/static/sandbox.css", "/nowhere"):
        policy = warehouse.standin.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_form_from_another_site_is_refused(warehouse):
    taken = warehouse.instructed()
    for origin in ("https://evil.example", "null"):
        answer = warehouse.standin.post(
            f"/instructions/{taken['id']}/ship", data={"quantity.L1": "1"}, headers={"Origin": origin}
        )
        assert answer.status_code == 403
    assert warehouse.get(f"/v1/instructions/{taken['id']}").json() == taken


def test_a_person_asks_for_a_fault_and_takes_it_back(warehouse):
    page = warehouse.standin.post("/faults/", data={"kind": "500", "next": "2", "seconds": "1", "when": ""})
    assert "すべて取り消す" in page.text
    page = warehouse.standin.post("/faults/", data={"kind": "500", "next": "x"})
    assert page.status_code == 422
    warehouse.standin.post("/faults/", data={"act": "clear"})
    assert warehouse.instruct().status_code == 201


def test_a_person_sets_what_is_out_of_stock(warehouse):
    warehouse.standin.post("/out-of-stock/", data={"skus": "MUG-WHITE, GONE"})
    assert warehouse.instruct().json()["code"] == "out_of_stock"
    warehouse.standin.post("/out-of-stock/", data={"skus": "GONE"})
    assert warehouse.instruct().status_code == 201
