"""The chair page's devices: another unit than the one bound there is named, and is accepted by the name that was shown."""

from dataclasses import replace

from playwright.sync_api import expect

from monitor.core.changes import DeviceChanged
from tests.dashboard.browsing import Screen, settled
from tests.dashboard.chairs import sixteen
from tests.dashboard.fake_server import FakeHouse, now


def test_another_unit_is_told_by_name_and_accepted_by_it(screen: Screen) -> None:
    house = FakeHouse(sixteen(now())[:1])
    monitor, oximeter, cuff = house.chairs["1"].devices
    refused = replace(oximeter, unit="Oxi 7 no. 111", refused="Oxi 7 no. 222")
    house.chairs["1"] = replace(house.chairs["1"], devices=(monitor, refused, cuff))
    page = screen.show(house, "/chair/1")
    row = page.locator(".devices li").nth(1)
    expect(row).to_contain_text("Another unit: Oxi 7 no. 222, not Oxi 7 no. 111. Its values are not shown.")
    expect(page.get_by_role("button", name="Accept this unit")).to_have_count(1)
    settled(page)
    row.get_by_role("button", name="Accept this unit").click()
    page.wait_for_function("document.querySelector('.devices [aria-busy]') === null")
    assert house.acted == [("1", "accept_device", {"device": oximeter.id, "unit": "Oxi 7 no. 222"})]
    taken = replace(oximeter, unit="Oxi 7 no. 222", accepted_by="L. Moreno")
    house.say("1", DeviceChanged(now(), taken, demo=False))
    expect(row).to_contain_text("accepted by L. Moreno")
    expect(page.get_by_role("button", name="Accept this unit")).to_have_count(0)
