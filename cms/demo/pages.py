"""The station's own pages: the terms, the notices that the law asks for, and whom to write to."""

PAGES = (
    # slug, name, English name, text, English text
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
