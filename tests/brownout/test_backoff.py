from brownout.backoff import FIRST_S, FORGIVEN_AFTER_S, LONGEST_S, Backoff


def test_waits_double_after_short_lives_up_to_a_bound() -> None:
    backoff = Backoff()
    waits = [backoff.after(lived_s=1.0) for _ in range(8)]
    assert waits[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert waits[-1] == LONGEST_S
    assert waits == sorted(waits)


def test_a_long_life_is_followed_by_the_first_wait_again() -> None:
    backoff = Backoff()
    for _ in range(8):
        backoff.after(lived_s=0.1)
    assert backoff.after(lived_s=FORGIVEN_AFTER_S) == FIRST_S
    assert backoff.after(lived_s=0.1) == 2 * FIRST_S
