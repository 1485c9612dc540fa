"""The pages of accounts."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("login", views.login_page, name="login"),
    path("login/google", views.login_google, name="login-google"),
    path("logout", views.logout_page, name="logout"),
]
