"""An act at S²LOW, from its sending to its stamped copy, and everything that may befall it."""

from .conftest import REGION


def test_an_act_is_acknowledged_then_stamped(service):
    number = service.act()
    answer = service.answered(number)
    assert answer.value == {
        "status": "acknowledged",
        "unique_id": "021-200053726-20261120-2026_001-DE",
        "received_on": "2026-11-23",
        "message": "",
    }
    assert b"ARActe" in service.read(answer, "legality_acknowledgement")
    stamped = service.client.stamped_act(
        account=REGION, id=number, published_on="2026-11-24", key="t"
    )
    content = service.read(stamped, "stamped_act")
    assert content.startswith(b"%PDF-")
