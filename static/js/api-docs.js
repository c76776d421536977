/* Starts Swagger UI; a file of its own because our content policy allows no inline script. */
"use strict";
const api = document.getElementById("api");
const token = () => document.cookie.split("; ").find((part) => part.startsWith("csrftoken="))?.slice("csrftoken=".length);
SwaggerUIBundle({
  url: api.dataset.schema,
  domNode: api,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor(request) {
    if (new URL(request.url, location.href).origin === location.origin && request.method !== "GET") {
      request.headers["X-CSRFToken"] = token() ?? "";
    }
    return request;
  },
});
