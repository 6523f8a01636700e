"""The staff's side as a whole: its site, the sidebar, the first page. What each app shows there is in its `admin`."""
