from django.urls import path

from portal.connection_pages import views

urlpatterns = [
    path("clients/", views.clients, name="clients"),
    path("clients/<int:pk>/rotate/", views.client_rotate, name="client-rotate"),
    path("clients/<int:pk>/revoke/", views.client_revoke, name="client-revoke"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/<int:pk>/", views.webhook, name="webhook"),
    path("webhooks/<int:pk>/<slug:act>/", views.webhook_act, name="webhook-act"),
    path("deliveries/<int:pk>/replay/", views.delivery_replay, name="delivery-replay"),
]
