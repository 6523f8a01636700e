"""The part of kintone that a shop's connector uses: upsert by update key, and the search for records.

Form, limits and error codes follow kintone's REST API (cybozu.dev/ja/kintone/docs/rest-api/records/update-records and
get-records). It is stricter in one point: kintone ignores a field code that the app does not have, which would hide a
connector's misspelling, so here it is refused.
"""
