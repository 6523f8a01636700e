"""kintone's refusals, with its codes and its Japanese messages."""

import secrets
from typing import Any


class KintoneError(Exception):
    """Answered as `{code, id, message, errors?}` with this HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400, errors: dict[str, list[str]] | None = None):
        super().__init__(message)
        self.code = code
        self.status = status
        self.errors = errors or {}

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.code, "id": secrets.token_urlsafe(15), "message": str(self)}
        if self.errors:
            body["errors"] = {field: {"messages": messages} for field, messages in self.errors.items()}
        return body


def invalid(errors: dict[str, list[str]]) -> KintoneError:
    """Each wrong place with its messages: `{"records[0].total.value": ["…"]}`."""
    return KintoneError("CB_VA01", "入力内容が正しくありません。", errors=errors)


def bad_json() -> KintoneError:
    return KintoneError("CB_IJ01", "不正なJSON文字列です。")


def bad_request() -> KintoneError:
    return KintoneError("CB_IL02", "不正なリクエストです。")


def sign_in() -> KintoneError:
    return KintoneError("CB_AU01", "ログインしてください。", status=401)


def bad_token() -> KintoneError:
    return KintoneError("GAIA_IA02", "指定したAPIトークンは、アプリで生成されたトークンと異なります。")


def token_of_another_app(app: str) -> KintoneError:
    return KintoneError("GAIA_AP15", f"APIトークンとアプリ(id: {app})の組み合わせが正しくありません。", status=403)


def no_record(record_id: str) -> KintoneError:
    return KintoneError("GAIA_RE01", f"指定したレコード（id: {record_id}）が見つかりません。", status=404)


def no_field(code: str) -> KintoneError:
    return KintoneError("GAIA_IQ11", f"指定されたフィールド（{code}）が見つかりません。")


def stale_revision() -> KintoneError:
    message = "指定したrevisionは最新ではありません。ほかのユーザーがレコードを更新した可能性があります。"
    return KintoneError("GAIA_CO02", message, status=409)


def locked() -> KintoneError:
    """kintone's own transient failure, meant to be tried again."""
    message = "データベースがロックされているため、操作に失敗しました。時間をおいて再度お試しください。"
    return KintoneError("GAIA_DA02", message)
