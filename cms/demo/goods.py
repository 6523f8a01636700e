"""The goods of the demo station: what Minato's shop sells, and what a parcel costs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class VariantContent:
    sku: str
    label: str
    label_en: str
    price: int
    stock: int
    art: str = ""


@dataclass(frozen=True)
class ProductContent:
    slug: str
    category: str
    name: str
    name_en: str
    reading: str
    description: str
    description_en: str
    details: str
    details_en: str
    variants: tuple[VariantContent, ...]
    art: tuple[tuple[str, str, str], ...]
    option: tuple[str, str] | None = None
    is_food: bool = False
    max_per_order: int = 10


CATEGORIES = (
    ("tableware", "うつわ", "Tableware"),
    ("wear", "ウェア・布もの", "Wear and cloth"),
    ("stationery", "文具・小物", "Small things"),
    ("food", "食べもの", "Food"),
    ("video", "DVD", "DVD"),
    ("plush", "ぬいぐるみ", "Plush"),
)

PRODUCTS = (
    ProductContent(
        slug="goma-mug",
        category="tableware",
        name="ゴマくんマグカップ",
        name_en="Goma-kun Mug",
        reading="ごまくんまぐかっぷ",
        description="朝いちばんのスープにも、夜ふけのココアにも。取っ手のうしろに、こっそりゴマくんのしっぽがいます。",
        description_en="For the first soup of the morning or a late cocoa. Behind the handle hides Goma-kun's tail.",
        details="磁器／直径8.2cm×高さ9cm／容量320ml／電子レンジ・食洗機対応",
        details_en="Porcelain; 8.2 cm across, 9 cm high; 320 ml; microwave and dishwasher safe",
        option=("色", "Colour"),
        variants=(
            VariantContent("GM-MUG-WHT", "雪しろ", "Snow white", 1980, 120, "mug-snow-white"),
            VariantContent("GM-MUG-BLU", "港あお", "Harbour blue", 1980, 80, "mug-harbour-blue"),
        ),
        art=(("mug-together", "雪しろと港あおのマグカップが並んでいる", "The white and the blue mug side by side"),),
    ),
    ProductContent(
        slug="stroll-t-shirt",
        category="wear",
        name="港町さんぽTシャツ",
        name_en="Harbour Strolls T-shirt",
        reading="みなとまちさんぽてぃーしゃつ",
        description="坂をのぼる電車を胸に一両。洗うほどにやわらかくなる、少し厚手の綿です。",
        description_en="One tram climbing across the chest. Slightly heavy cotton that softens with every wash.",
        details="綿100%（5.6オンス）／S 着丈65cm・身幅49cm、M 69・52、L 73・55、XL 77・58",
        details_en="100 % cotton, 5.6 oz; S 65 × 49 cm, M 69 × 52, L 73 × 55, XL 77 × 58",
        option=("サイズ", "Size"),
        variants=(
            VariantContent("MS-TEE-S", "S", "S", 3300, 30),
            VariantContent("MS-TEE-M", "M", "M", 3300, 45),
            VariantContent("MS-TEE-L", "L", "L", 3300, 40),
            VariantContent("MS-TEE-XL", "XL", "XL", 3300, 0),
        ),
        art=(
            ("t-shirt", "電車の絵が入った紺色のTシャツ", "A navy T-shirt with a tram"),
            ("t-shirt-print", "胸の電車の絵を近くから", "The tram on the chest, close up"),
        ),
    ),
    ProductContent(
        slug="big-catch-towel",
        category="wear",
        name="大漁旗てぬぐい",
        name_en="Big Catch Tenugui Towel",
        reading="たいりょうばたてぬぐい",
        description="いちばん船の大漁旗を、注染でそめました。額に入れて飾っても、汗をふいても。",
        description_en="The flag of the first boat home, dyed by hand. Frame it, or wipe your brow with it.",
        details="綿100%／約33×90cm／注染",
        details_en="100 % cotton; about 33 × 90 cm; chusen dyeing",
        variants=(VariantContent("MB-TNG-01", "", "", 1320, 60),),
        art=(
            ("hand-towel", "大漁旗柄のてぬぐいを広げたところ", "The towel spread out"),
            ("hand-towel-folded", "たたんだてぬぐい", "The towel folded"),
        ),
    ),
    ProductContent(
        slug="squid-ink-crackers",
        category="food",
        name="いか墨せんべい缶",
        name_en="Squid Ink Crackers in a Tin",
        reading="いかすみせんべいかん",
        description="港の朝市で焼きあがる、香ばしいせんべい。缶をあけると、ふたのうらにもイカがいます。",
        description_en="Baked at the morning market. Open the tin: there is a squid inside the lid, too.",
        details="12枚入／原材料：うるち米、いか墨ペースト、醤油（小麦・大豆を含む）、植物油／"
        "アレルギー物質：小麦・大豆・いか／賞味期限：製造から120日／直射日光・高温多湿を避けて保存",
        details_en="12 pieces. Rice, squid ink paste, soy sauce (wheat, soybean), vegetable oil. Allergens: wheat, "
        "soybean, squid. Best within 120 days; keep away from sun, heat and damp",
        variants=(VariantContent("FD-SQD-12", "", "", 1296, 200),),
        art=(
            ("cracker-tin", "イカの絵のまるい缶", "A round tin with a squid"),
            ("cracker-tin-open", "ふたをあけたせんべい缶", "The tin, opened"),
        ),
        is_food=True,
    ),
    ProductContent(
        slug="lighthouse-key-ring",
        category="stationery",
        name="灯台アクリルキーホルダー",
        name_en="Lighthouse Acrylic Key Ring",
        reading="とうだいあくりるきーほるだー",
        description="夜道でかばんのすみをてらす（気がする）、岬の灯台。",
        description_en="The lighthouse of the cape, lighting up the corner of your bag (or so it feels).",
        details="アクリル／約5.5×2.5cm",
        details_en="Acrylic; about 5.5 × 2.5 cm",
        variants=(VariantContent("LB-KEY-01", "", "", 770, 150),),
        art=(("key-ring", "灯台のかたちのキーホルダー", "A key ring in the shape of a lighthouse"),),
    ),
    ProductContent(
        slug="red-brick-tote",
        category="wear",
        name="赤れんがトート",
        name_en="Red Brick Tote",
        reading="あかれんがとーと",
        description="運河の倉庫の壁の色。A4とてぬぐいとせんべい缶が、いっしょに入ります。",
        description_en="The colour of the warehouses on the canal. Holds A4, a towel and a tin of crackers at once.",
        details="帆布（綿100%）／約36×37×11cm／持ち手58cm",
        details_en="Cotton canvas; about 36 × 37 × 11 cm; handles 58 cm",
        variants=(VariantContent("RB-TOT-01", "", "", 2860, 3),),
        art=(("tote-bag", "赤れんが色のトートバッグ", "A brick-red tote bag"),),
        max_per_order=2,
    ),
    ProductContent(
        slug="stroll-dvd-1",
        category="video",
        name="港町さんぽ DVD 第1巻",
        name_en="Harbour Town Strolls, DVD 1",
        reading="みなとまちさんぽでぃーぶいでぃーだいいっかん",
        description="放送の3話に、案内人のこぼれ話を収めた特典映像つき。汐見さくら直筆ポストカード（複製）封入。",
        description_en="Three episodes as broadcast, with the guide's untold stories as an extra and a postcard.",
        details="本編72分＋特典18分／片面二層／ステレオ／日本語字幕",
        details_en="72 + 18 minutes; dual layer; stereo; Japanese subtitles",
        variants=(VariantContent("MS-DVD-01", "", "", 4180, 90),),
        art=(("dvd-box", "DVDの箱", "The DVD box"),),
    ),
    ProductContent(
        slug="goma-plush",
        category="plush",
        name="ゴマくんぬいぐるみ",
        name_en="Goma-kun Plush",
        reading="ごまくんぬいぐるみ",
        description="灯台のあさごはんを毎朝ねらっている、あのまるさ。おなかをもつと、ちょうど両手におさまります。",
        description_en="As round as the one who is after the keeper's breakfast. He just fits into two hands.",
        details="ポリエステル／約20cm／対象年齢6歳以上",
        details_en="Polyester; about 20 cm; for ages 6 and up",
        variants=(VariantContent("GM-PLU-20", "", "", 2640, 70),),
        art=(
            ("plush", "座ったゴマくんのぬいぐるみ", "The plush seal, sitting"),
            ("plush-lying", "ねそべったゴマくん", "The plush seal, lying down"),
        ),
    ),
)

# Fees by prefecture for an ambient parcel from Hokkaido, tax included.
SHIPPING_FEES = (
    (range(1, 2), 770),
    (range(2, 8), 990),
    (range(8, 24), 1210),
    (range(24, 40), 1430),
    (range(40, 48), 1650),
)
