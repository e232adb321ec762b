"""A transmission service, open."""

import pytest
from flask import Flask

from tests.web.transmission.service import Service, open_service


@pytest.fixture
def service(app: Flask) -> Service:
    return open_service(app)
