"""The words and figures of the demo station: what Minato Broadcasting shows, sells and says."""

from dataclasses import dataclass

PASSWORD = "minato-demo-2026"  # noqa: S105 development only; printed by `make run`

PEOPLE = (
    # e-mail, name, role
    ("alice@example.com", "青木 ありす", "customer"),
    ("bob@example.com", "馬場 ぼぶ", "customer"),
    ("carol@example.com", "加賀 かろる", "programming"),
    ("sam@example.com", "佐野 さむ", "shop"),
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


@dataclass(frozen=True)
class SeriesContent:
    slug: str
    art: str
    name: str
    name_en: str
    reading: str
    synopsis: str
    synopsis_en: str
    cast: str
    cast_en: str
    genre: str
    year: int


@dataclass(frozen=True)
class EpisodeContent:
    slug: str
    art: str
    series: str
    number: int
    name: str
    name_en: str
    reading: str
    synopsis: str
    synopsis_en: str
    film: str = ""
    rental: int = 0
    is_free: bool = False
    goods: tuple[str, ...] = ()


GENRES = (("walk", "街歩き", "Walks"), ("anime", "アニメ", "Animation"), ("food", "食", "Food"))

SERIES = (
    SeriesContent(
        slug="harbour-strolls",
        art="strolls",
        name="港町さんぽ",
        name_en="Harbour Town Strolls",
        reading="みなとまちさんぽ",
        synopsis="坂と電車と、潮のにおい。北の港町を、案内人の汐見さくらが気の向くままに歩きます。"
        "急がず、寄り道ばかりの、ちいさな旅の番組です。",
        synopsis_en="Slopes, trams and the smell of the sea: Sakura Shiomi walks a northern harbour town as the mood "
        "takes her. An unhurried little journey, made of detours.",
        cast="汐見 さくら、北見 航（語り）",
        cast_en="Sakura Shiomi, Wataru Kitami (narrator)",
        genre="walk",
        year=2026,
    ),
    SeriesContent(
        slug="lighthouse-breakfast",
        art="breakfast",
        name="灯台守のあさごはん",
        name_en="The Lighthouse Keeper's Breakfast",
        reading="とうだいもりのあさごはん",
        synopsis="岬の灯台にひとりで暮らす灯台守と、毎朝やってくるアザラシのゴマくん。"
        "湯気のむこうに季節が見える、手描きの短編アニメーション。",
        synopsis_en="A keeper who lives alone in the lighthouse on the cape, and Goma-kun the seal who comes every "
        "morning. A hand-drawn short in which the seasons show through the steam.",
        cast="岬 冬馬（灯台守の声）、小波 なぎ（ゴマくんの声）",
        cast_en="Toma Misaki (voice of the keeper), Nagi Konami (voice of Goma-kun)",
        genre="anime",
        year=2026,
    ),
)

EPISODES = (
    EpisodeContent(
        slug="tram-street",
        art="tram-street",
        series="harbour-strolls",
        number=1,
        name="坂の上の電車通り",
        name_en="The Tram Street above the Slope",
        reading="さかのうえのでんしゃどおり",
        synopsis="雪の降りはじめた夕暮れ、路面電車にゆられて坂の上へ。運転士さんのとっておきの景色と、"
        "窓あかりの灯るパン屋さんを訪ねます。",
        synopsis_en="At dusk, as the first snow falls, a tram climbs the slope: the driver's favourite view, and a "
        "bakery with its window lit.",
        film="tram",
        is_free=True,
        goods=("stroll-t-shirt", "stroll-dvd-1", "red-brick-tote"),
    ),
    EpisodeContent(
        slug="first-boat",
        art="first-boat",
        series="harbour-strolls",
        number=2,
        name="朝市のいちばん船",
        name_en="First Boat of the Morning Market",
        reading="あさいちのいちばんぶね",
        synopsis="夜明け前の港で、いちばん船の帰りを待ちます。イカ漁師の兄弟と、市場の食堂の朝いちばんの湯気。",
        synopsis_en="Waiting in the harbour before dawn for the first boat home: two brothers who fish for squid, and "
        "the first steam of the day from the market's kitchen.",
        film="harbour",
        rental=330,
        goods=("squid-ink-crackers", "big-catch-towel", "stroll-dvd-1"),
    ),
    EpisodeContent(
        slug="canal-by-night",
        art="canal-by-night",
        series="harbour-strolls",
        number=3,
        name="赤れんがと夜の運河",
        name_en="Red Bricks and the Canal by Night",
        reading="あかれんがとよるのうんが",
        synopsis="ガス灯のともる運河沿いを、元倉庫番の案内で。赤れんがの壁に残る荷札の跡をたどります。近日配信。",
        synopsis_en="Along the gas-lit canal with a retired storekeeper, reading the marks that labels left on red "
        "brick walls. Coming soon.",
        rental=330,
        goods=("red-brick-tote",),
    ),
    EpisodeContent(
        slug="foggy-soup",
        art="foggy-soup",
        series="lighthouse-breakfast",
        number=1,
        name="霧の日のスープ",
        name_en="Soup on a Foggy Day",
        reading="きりのひのすーぷ",
        synopsis="霧で船が見えない朝。灯台守は大きな鍋を火にかけ、あかりを回しつづけます。いちばんに来たのは、やっぱり。",
        synopsis_en="A morning when the fog hides every ship. The keeper sets the big pot on the fire and keeps the "
        "light turning. The first to come is, of course, the seal.",
        film="lighthouse",
        rental=220,
        goods=("goma-mug", "goma-plush", "lighthouse-key-ring"),
    ),
    EpisodeContent(
        slug="shooting-star-pancakes",
        art="shooting-star-pancakes",
        series="lighthouse-breakfast",
        number=2,
        name="流れ星のパンケーキ",
        name_en="Pancakes under Shooting Stars",
        reading="ながれぼしのぱんけーき",
        synopsis="流星群の夜ふかしのあとの、すこし遅い朝ごはん。星のかたちに焼けたパンケーキのはなし。近日配信。",
        synopsis_en="A late breakfast after a night of shooting stars, and a pancake that came out in the shape of "
        "one. Coming soon.",
        rental=220,
        goods=("goma-mug", "goma-plush"),
    ),
)


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

PAGES = (
    (
        "tokushoho",
        "特定商取引法に基づく表記",
        "Legal notice on sales",
        """
| 項目 | 内容 |
|---|---|
| 販売業者 | 株式会社みなと放送 |
| 運営統括責任者 | 汐見 渚 |
| 所在地 | 〒040-0000 北海道函館市みなと町1-1 |
| 電話番号 | 0138-00-0000（平日10:00〜17:00） |
| メール | shop@minato.example |
| 販売価格 | 各商品・各作品のページに税込で表示します |
| 商品代金以外の費用 | 送料（都道府県別 770円〜1,650円、商品8,800円以上で無料）、通信料 |
| 支払方法・時期 | クレジットカード。注文の確定時に決済されます |
| 引渡し時期 | 商品は決済から3〜5営業日以内に発送。動画は決済の完了後すぐに視聴できます |
| レンタルの視聴条件 | 購入から30日以内に視聴を開始し、開始から48時間まで |
| 返品・交換 | 不良品・誤送は到着後8日以内に当社負担で交換または返金。お客様都合は未開封に限り到着後8日以内、送料お客様負担 |
| 動画の取消し | 商品の性質上、購入後の取消しはできません |
| 動作環境 | 最新の Chrome、Edge、Firefox、Safari。5Mbps 以上の回線 |
""",
        """
| Item | Details |
|---|---|
| Seller | Minato Broadcasting Co., Ltd. |
| Responsible | Nagisa Shiomi |
| Address | 1-1 Minato-cho, Hakodate, Hokkaido 040-0000, Japan |
| Telephone | +81 138-00-0000 (weekdays 10:00 to 17:00 JST) |
| E-mail | shop@minato.example |
| Prices | Shown with tax on the page of each product and title |
| Other costs | Shipping (770 to 1,650 yen by prefecture, free from 8,800 yen of goods), your connection |
| Payment | By card, charged when the order is made |
| Delivery | Goods leave within 3 to 5 business days after payment; video can be watched at once |
| Rental | Start within 30 days; from then on 48 hours |
| Returns | Faulty or wrong goods: exchange or refund at our cost within 8 days. Otherwise unopened, at your cost |
| Video | Cannot be cancelled once bought, by its nature |
| You need | A current Chrome, Edge, Firefox or Safari and 5 Mbps |
""",
    ),
    (
        "terms",
        "利用規約",
        "Terms of use",
        """
この規約は、みなと放送（以下「当社」）が提供する動画配信とオンラインショップ「ひとつ」の利用条件を定めます。

## 1. アカウント
ひとつのアカウントで、動画とショップの両方を利用できます。メールアドレスは正確に登録し、ほかの方と共有しないでください。

## 2. 動画の視聴
レンタルは、購入から30日以内に視聴を開始し、**最初の再生を確認した時から48時間**視聴できます。一時停止や巻き戻しで期間は延びません。
録画、複製、再配信はできません。

## 3. 商品の購入
注文は、最終確認画面で「注文を確定する」を押した時に申込みとなり、決済の完了をもって契約が成立します。

## 4. 未成年の方
18歳未満の方は、保護者の同意を得てからご利用ください。

## 5. 変更
規約を変えるときは、効力の生じる日の14日前までにこのページとメールでお知らせします。

制定 2026年11月1日
""",
        """
These are the terms on which Minato Broadcasting provides its video service and its shop.

## 1. Account
One account serves both. Please register your own e-mail address and share the account with nobody.

## 2. Watching
A rental is started within 30 days of buying and can be watched for **48 hours from the first play you confirm**.
Pausing and rewinding do not extend it. Recording, copying and redistribution are not allowed.

## 3. Buying
Pressing the order button on the confirmation screen is your offer; the contract is made when the payment is complete.

## 4. Under 18
Please ask your guardian for consent first.

## 5. Changes
We announce changes here and by e-mail at least 14 days before they take effect.

1 November 2026
""",
    ),
    (
        "privacy",
        "プライバシーポリシー",
        "Privacy policy",
        """
株式会社みなと放送（代表取締役 汐見 渚、北海道函館市みなと町1-1）は、個人情報を次のように取り扱います。

## 取得する情報
メールアドレス、お名前、お届け先、電話番号、ご注文と視聴の記録。カード番号は決済事業者が直接受け取り、当社のサーバーには届きません。

## 利用目的
ご注文の処理と発送、動画の提供、お問い合わせへの回答、法令に基づく記録の保存。

## 第三者への提供
発送のために倉庫会社・運送会社へ、決済のために決済事業者へ、必要な範囲で渡します。

## 安全管理
通信の暗号化、権限の分離、操作の記録。

## 開示などの請求
privacy@minato.example までご連絡ください。電子データでの開示も選べます。
""",
        """
Minato Broadcasting Co., Ltd. (Nagisa Shiomi, 1-1 Minato-cho, Hakodate, Hokkaido) handles personal data as follows.

## What we collect
E-mail address, name, delivery address, telephone number, orders and viewing. Card numbers go straight to the payment
provider and never reach our servers.

## What for
Orders and delivery, providing video, answering you, and the records that the law asks for.

## Who receives it
Warehouse and carrier for delivery, the payment provider for payment, as far as needed.

## How it is kept safe
Encryption in transit, separated permissions, a record of what staff do.

## Your rights
Write to privacy@minato.example; electronic disclosure is available.
""",
    ),
    (
        "external-transmission",
        "外部送信について",
        "External transmission",
        """
電気通信事業法第27条の12に基づき、このサイトからお使いの端末の外へ送られる情報を公表します。

| 送信先 | 送られる情報 | 目的 |
|---|---|---|
| 決済事業者（Stripe） | お支払い画面の表示に必要な端末の情報、カード情報 | 決済と不正利用の防止 |

お支払いの画面のほかでは、外部へ送信するプログラムを使っていません。広告や分析のための送信もありません。
""",
        """
Under article 27-12 of the Telecommunications Business Act we state what is sent from your device to others.

| To | What | What for |
|---|---|---|
| The payment provider (Stripe) | Device data needed to show the payment form, card data | Payment and protection against fraud |

Only payment pages load anything from others. There is no advertising and no analytics.
""",
    ),
    (
        "accessibility",
        "アクセシビリティ",
        "Accessibility",
        """
WCAG 2.2 の適合レベル AA をめざしています。すべてのページはキーボードだけで、また JavaScript を切っても読むことができ、
購入もできます（動画の再生には JavaScript または HLS に対応したブラウザーが必要です）。

お困りの点は access@minato.example へお知らせください。
""",
        """
We aim for WCAG 2.2 level AA. Every page can be read, and a purchase made, by keyboard alone and with JavaScript
switched off (playing video needs JavaScript or a browser that plays HLS by itself).

Please tell access@minato.example what gets in your way.
""",
    ),
    (
        "contact",
        "お問い合わせ",
        "Contact",
        """
**みなと放送 ひとつ お客様窓口**

- メール：support@minato.example（2営業日以内にお返事します）
- 電話：0138-00-0000（平日10:00〜17:00）

ご注文についてのお問い合わせには、注文番号（H から始まる番号）をお書き添えください。
""",
        """
**Minato Broadcasting, customer desk**

- E-mail: support@minato.example (answered within 2 business days)
- Telephone: +81 138-00-0000 (weekdays 10:00 to 17:00 JST)

Please mention your order number (it begins with H).
""",
    ),
)
