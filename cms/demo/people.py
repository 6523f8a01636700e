"""The people of the demo: customers, staff, and where Alice lives."""

PASSWORD = "minato-demo-2026"  # noqa: S105 development only; printed by `make run`

PEOPLE = (
    # e-mail, name, role
    ("alice@example.com", "青木 ありす", "customer"),
    ("bob@example.com", "馬場 ぼぶ", "customer"),
    ("carol@example.com", "加賀 かろる", "programming"),
    ("sam@example.com", "佐野 さむ", "shop"),
    ("suzu@example.com", "鈴木 すず", "support"),
    ("wataru@example.com", "和田 わたる", "warehouse"),
    ("kei@example.com", "木村 けい", "accounting"),
    ("admin@example.com", "管理者", "administrator"),
)

ALICE_ADDRESS = {
    "name": "青木 ありす",
    "name_kana": "アオキ アリス",
    "postal_code": "0400053",
    "prefecture": 1,
    "city": "函館市末広町",
    "line1": "4-19",
    "line2": "坂の上ハイツ 203",
    "phone": "0138001234",
}
