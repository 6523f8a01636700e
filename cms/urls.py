from django.urls import path

from cms import dev_mail, health, metrics, my_page, pictures, views

app_name = "cms"
urlpatterns = [
    path("", views.show_home, name="home"),
    path("search/", views.search, name="search"),
    path("search/index.json", views.send_search_index, name="search_index"),
    path("pages/<slug:slug>/", views.show_page, name="page"),
    path("styles/<slug:digest>.css", views.send_stylesheet, name="stylesheet"),
    path("media/files/public/<path:name>", pictures.show_picture, name="picture"),
    path("account/", my_page.my_page, name="my_page"),
    path("account/orders/", my_page.order_list, name="orders"),
    path("favicon.ico", views.send_favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("dev/mail/", dev_mail.list_mail, name="dev_mail"),
    path("dev/mail/<int:number>/", dev_mail.show_mail, name="dev_mail_message"),
    path("dev/mail/<int:number>/html", dev_mail.send_letter, name="dev_mail_letter"),
]
