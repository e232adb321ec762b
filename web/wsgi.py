"""What gunicorn serves. Without REDIS_URL the workers live in this one process."""

from web.app import create_app
from web.worker import Workers

app = create_app()
workers = Workers(app, app.extensions["settings"].redis_url)
if not app.extensions["settings"].redis_url:
    workers.start()
