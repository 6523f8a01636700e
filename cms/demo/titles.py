"""The films of the demo station: what Minato Broadcasting shows."""

from dataclasses import dataclass


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
