"""What the sandbox says to buyers, in Japanese and English."""

from typing import Any

LANGUAGES = ("ja", "en")

CARD_MESSAGES_JA = {
    "authentication_required": "カードが拒否されました。この取引には本人認証が必要です。",
    "card_declined": "カードが拒否されました。",
    "expired_card": "カードの有効期限が切れています。",
    "incorrect_cvc": "セキュリティコードが正しくありません。",
    "incorrect_number": "カード番号が正しくありません。",
    "insufficient_funds": "カードの残高が不足しています。",
    "invalid_cvc": "セキュリティコードが無効です。",
    "invalid_expiry_month": "有効期限の月が無効です。",
    "invalid_expiry_year": "有効期限の年が無効です。",
    "payment_intent_authentication_failure": "本人認証ができませんでした。別のカードでもう一度お試しください。",
    "processing_error": "カードの処理中にエラーが発生しました。しばらくしてからもう一度お試しください。",
    "test_mode_live_card": "カードが拒否されました。これはテスト環境です。テスト用のカードをお使いください。",
}


def language_of(wanted: str | None) -> str:
    """Return the language of a session's ``locale`` or an Accept-Language header; Japanese where neither says."""
    for part in (wanted or "").split(","):
        if (code := part.strip()[:2].lower()) in LANGUAGES:
            return code
    return "ja"


def card_message(error: dict[str, Any], language: str) -> str:
    """Return the sentence for a refused card: the bank's reason if it is one a buyer can act on, else the code's."""
    in_english: str = error["message"]
    if language != "ja":
        return in_english
    reasons = (error.get("decline_code"), error.get("code"))
    return next((CARD_MESSAGES_JA[reason] for reason in reasons if reason in CARD_MESSAGES_JA), in_english)


# What the script of the card frame needs for its own checks.
CARD_FRAME_WORDS = ("incomplete_number", "invalid_number", "incomplete_expiry", "past_expiry", "incomplete_cvc")

PAGES = {
    "ja": {
        "amount": "お支払い額",
        "back": "お店に戻る",
        "card": "カード情報",
        "card_number": "カード番号",
        "cvc": "セキュリティコード",
        "cvc_hint": "裏面の3桁（Amexは表面の4桁）",
        "cvc_short": "CVC",
        "done": "手続きは完了しています",
        "done_text": "このページは閉じてかまいません。",
        "email": "メールアドレス",
        "expired": "この手続きの期限が切れました",
        "expired_text": "お支払いは行われていません。お店に戻ってやり直してください。",
        "expiry": "有効期限",
        "expiry_hint": "月 / 年",
        "incomplete_cvc": "セキュリティコードを最後まで入力してください。",
        "incomplete_expiry": "有効期限を「月 / 年」で入力してください。",
        "incomplete_number": "カード番号を最後まで入力してください。",
        "invalid_number": "カード番号が正しくありません。",
        "past_expiry": "カードの有効期限が過ぎています。",
        "invalid_email": "メールアドレスを「name@example.com」の形で入力してください。",
        "lines": "ご注文内容",
        "name": "カードの名義人",
        "not_found": "この支払いページは見つかりません",
        "not_found_text": "アドレスをもう一度お確かめください。",
        "paid": "お支払いが完了しました",
        "pay": "支払う",
        "quantity": "数量",
        "sandbox": "テスト環境",
        "sandbox_text": "実際の請求は行われません。本物のカードは使わないでください。",
        "test_cards": "テスト用のカード番号",
        "test_cards_text": "有効期限は未来の月、セキュリティコードは任意の3桁で試せます。",
        "test_declined": "拒否される",
        "test_funds": "残高不足",
        "test_good": "支払いが成功する",
        "test_three_ds": "本人認証（3-D セキュア）を求める",
        "three_ds": "カード会社による本人認証",
        "three_ds_fail": "認証に失敗する",
        "three_ds_over": "この認証は終了しています",
        "three_ds_over_text": "すでに完了したか、別の方法で支払われました。",
        "three_ds_pass": "認証する",
        "three_ds_text": "3-D セキュアのテスト画面です。どちらの結果にするかを選んでください。",
        "three_ds_card": "ご利用のカード",
        "three_ds_merchant": "お支払い先",
        "total": "合計",
    },
    "en": {
        "amount": "Amount",
        "back": "Back to the shop",
        "card": "Card details",
        "card_number": "Card number",
        "cvc": "Security code",
        "cvc_hint": "3 digits on the back (Amex: 4 on the front)",
        "cvc_short": "CVC",
        "done": "All done here",
        "done_text": "You may close this page.",
        "email": "Email",
        "expired": "This checkout has expired",
        "expired_text": "Nothing was charged. Go back to the shop to begin anew.",
        "expiry": "Expiry date",
        "expiry_hint": "MM / YY",
        "incomplete_cvc": "Your card's security code is incomplete.",
        "incomplete_expiry": "Give the expiry date as month / year.",
        "incomplete_number": "Your card number is incomplete.",
        "invalid_number": "Your card number is invalid.",
        "past_expiry": "Your card's expiry date is in the past.",
        "invalid_email": "Give an email address such as name@example.com.",
        "lines": "Your order",
        "name": "Name on card",
        "not_found": "There is no such payment page",
        "not_found_text": "Check the address.",
        "paid": "Payment complete",
        "pay": "Pay",
        "quantity": "Qty",
        "sandbox": "Test mode",
        "sandbox_text": "Nothing is really charged. Do not use a real card.",
        "test_cards": "Test card numbers",
        "test_cards_text": "Any expiry date in the future and any 3 digits as the security code will do.",
        "test_declined": "declined",
        "test_funds": "insufficient funds",
        "test_good": "pays",
        "test_three_ds": "asks for 3-D Secure",
        "three_ds": "Verification by your card issuer",
        "three_ds_fail": "Fail authentication",
        "three_ds_over": "This verification is over",
        "three_ds_over_text": "It was completed before, or the payment went another way.",
        "three_ds_pass": "Complete authentication",
        "three_ds_text": "This is a 3-D Secure test page. Choose how it shall end.",
        "three_ds_card": "Your card",
        "three_ds_merchant": "Merchant",
        "total": "Total",
    },
}
