"""The judge of histories: what it must accept, and what it must not."""

from __future__ import annotations

from sorteos_actors.testing.linearizable import check_linearizable
from tests.unit.testing.stories import assert_illegal, assert_legal, done, judged, refused, unknown

# -- two at once ---------------------------------------------------------------------------------


def test_one_takes_and_the_other_hears_that_it_is_taken() -> None:
    assert_legal(
        done("reserve", 1, 0, 10, take=[7]),
        refused("reserve", 2, 5, 8, take=[7, 8], taken=[7]),
        done("reserve", 3, 20, 30, take=[8]),
    )


def test_a_double_hold_is_found_and_explained_by_two_answers() -> None:
    text = assert_illegal(
        done("reserve", 9, 0, 1, take=[1, 2]),
        done("reserve", 1, 0, 10, take=[7]),
        refused("reserve", 3, 12, 13, take=[7], taken=[7]),
        done("reserve", 2, 20, 30, take=[7, 8]),
        done("reserve", 4, 40, 41, take=[9]),
        number=7,
        because=2,
    )
    assert "c1 reserve" in text
    assert "c2 reserve" in text
    assert "No hold of …00000001 may end by itself before 600.000000 s." in text


def test_a_double_hold_is_found_also_when_both_asked_at_once() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7]), done("reserve", 2, 0, 10, take=[7]), number=7
    )


def test_a_number_that_was_let_go_may_be_taken() -> None:
    took = done("reserve", 1, 0, 10, take=[7, 8])
    other = done("reserve", 2, 30, 40, take=[7])
    assert_legal(took, done("remove", 1, 15, 25, give=[7], has=[8]), other)
    assert_legal(took, done("swap", 1, 15, 25, give=[7], take=[9], has=[8, 9]), other)
    assert_legal(took, done("cancel", 1, 15, 25, has=[7, 8], phase="cancelled"), other)
    assert_legal(took, done("cancel", 1, 35, 45, has=[7, 8], phase="cancelled"), other)


def test_a_number_that_will_be_let_go_later_may_not() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7]),
        done("reserve", 2, 20, 30, take=[7]),
        done("cancel", 1, 31, 40, has=[7], phase="cancelled"),
        number=7,
        because=2,
    )


def test_what_is_sold_stays_sold() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    paid = done("complete", 1, 20, 30, has=[7], phase="completed", for_ms=None)
    assert_legal(took, paid, refused("reserve", 2, 900, 901, take=[7], taken=[7]))
    assert_illegal(took, paid, done("reserve", 2, 900, 901, take=[7]), number=7)


# -- repeating -----------------------------------------------------------------------------------


def test_repeating_gives_the_same_answer_and_takes_nothing_new() -> None:
    assert_legal(
        done("reserve", 1, 0, 10, take=[7, 8]),
        done("reserve", 1, 20, 30, take=[7, 8]),
        done("remove", 1, 40, 50, give=[7], has=[8]),
        done("remove", 1, 60, 70, give=[7], has=[8]),
        done("reserve", 2, 80, 90, take=[7]),
        done("reserve", 1, 100, 110, take=[7, 8], has=[8]),
    )


def test_a_repeated_answer_shows_what_has_become_of_it() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7, 8]),
        done("remove", 1, 40, 50, give=[7], has=[8]),
        done("reserve", 2, 80, 90, take=[7]),
        done("reserve", 1, 100, 110, take=[7, 8]),
        number=7,
    )


# -- lost and found ------------------------------------------------------------------------------


def test_a_lost_acknowledgement_is_found_by_the_next_look() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7, 8]),
        done("read", 1, 20, 30, has=[8]),
        number=7,
        because=2,
    )


def test_a_lost_acknowledgement_is_found_by_somebody_who_gets_the_number() -> None:
    assert_illegal(
        done("reserve", 2, 0, 5, take=[9]),
        done("reserve", 1, 0, 10, take=[7]),
        done("add", 2, 20, 30, take=[7], has=[7, 9]),
        number=7,
    )


def test_a_cancelled_hold_that_is_back_is_found() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7]),
        done("cancel", 1, 20, 30, has=[7], phase="cancelled"),
        refused("reserve", 2, 40, 50, take=[7], taken=[7]),
        number=7,
        because=2,
    )


def test_an_unknown_repetition_does_not_bring_a_cancelled_hold_back() -> None:
    text = assert_illegal(
        done("reserve", 1, 0, 10, take=[7]),
        unknown("reserve", 1, 12, take=[7]),
        done("cancel", 1, 20, 30, has=[7], phase="cancelled"),
        done("read", 1, 40, 50, has=[7]),
        number=7,
    )
    assert "1 operations of unknown outcome do not explain it either." in text


# -- refusals ------------------------------------------------------------------------------------


def test_a_refusal_must_have_been_true_at_some_instant_of_its_interval() -> None:
    took = done("reserve", 1, 20, 30, take=[7])
    assert_legal(took, refused("reserve", 2, 0, 21, take=[7], taken=[7]))
    assert_illegal(took, refused("reserve", 2, 0, 19, take=[7], taken=[7]), number=7, because=1)


def test_a_stale_refusal_is_found() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7]),
        done("cancel", 1, 20, 30, has=[7], phase="cancelled"),
        done("reserve", 3, 35, 36, take=[7]),
        done("cancel", 3, 37, 38, has=[7], phase="cancelled"),
        refused("add", 2, 40, 50, take=[7], taken=[7]),
        number=7,
    )


def test_a_refusal_names_every_number_in_the_way() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7, 8]),
        refused("reserve", 2, 20, 30, take=[7, 8, 9], taken=[7]),
        number=8,
        because=2,
    )


def test_a_refusal_names_no_number_that_was_not_asked_for() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[8]),
        refused("reserve", 2, 20, 30, take=[7], taken=[8]),
        number=8,
        because=1,
    )


def test_nobody_is_in_their_own_way() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7]),
        refused("add", 1, 20, 30, take=[7], taken=[7]),
        number=7,
    )


def test_other_refusals_say_nothing() -> None:
    assert_legal(
        done("reserve", 1, 0, 10, take=[7]),
        refused("reserve", 2, 20, 30, take=[7], code="already_reserved"),
        refused("cancel", 1, 20, 30, code="wrong_phase"),
        refused("reserve", 3, 20, 30, take=[7], code="rate_limited"),
        done("read", 1, 40, 50, has=[7]),
    )


# -- time ----------------------------------------------------------------------------------------


def test_a_hold_may_end_by_itself_after_its_deadline_and_not_before() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    assert_legal(took, done("reserve", 2, 60, 100, take=[7]))
    text = assert_illegal(took, done("reserve", 2, 60, 99, take=[7]), number=7, because=2)
    assert "before 0.100000 s" in text


def test_an_extension_is_a_new_promise() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    longer = done("extend", 1, 50, 60, has=[7], for_ms=300)
    assert_illegal(took, longer, done("reserve", 2, 200, 210, take=[7]), number=7)
    assert_legal(took, longer, done("reserve", 2, 200, 350, take=[7]))


def test_a_checkout_may_bring_the_deadline_nearer() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=1000)
    pays = done("checkout", 1, 50, 60, has=[7], for_ms=100, phase="checkout")
    other = done("reserve", 2, 200, 210, take=[7])
    assert_legal(took, pays, other)
    assert_illegal(took, pays, done("reserve", 2, 100, 149, take=[7]), number=7)
    assert_legal(took, unknown("checkout", 1, 50), other)
    seen_paying = done("read", 1, 70, 80, has=[7], for_ms=900, phase="checkout")
    assert_illegal(took, unknown("checkout", 1, 50), seen_paying, other, number=7)


def test_slack_is_for_clocks_that_differ() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    assert judged(took, done("reserve", 2, 60, 99, take=[7])).violations
    assert check_linearizable([took, done("reserve", 2, 60, 99, take=[7])], slack_ms=1).is_legal


def test_who_was_seen_expired_holds_nothing_any_more() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    gone = done("read", 1, 150, 160, has=[7], phase="expired", for_ms=0)
    assert_legal(took, gone, done("reserve", 2, 170, 180, take=[7]))
    assert_illegal(
        took, gone, refused("reserve", 2, 170, 180, take=[7], taken=[7]), number=7, because=2
    )
    early = done("read", 1, 50, 60, has=[7], phase="expired", for_ms=0)
    assert_illegal(took, early, number=7)


def test_who_has_expired_takes_nothing_more() -> None:
    assert_illegal(
        done("reserve", 1, 0, 10, take=[7, 8], for_ms=100),
        done("reserve", 2, 150, 160, take=[7]),
        done("cancel", 2, 165, 170, has=[7], phase="cancelled"),
        done("add", 1, 180, 190, take=[7], has=[7, 8]),
        number=7,
    )


# -- nobody knows --------------------------------------------------------------------------------


def test_an_unknown_take_may_have_happened_or_not() -> None:
    lost = unknown("reserve", 1, 0, take=[7])
    assert_legal(lost, refused("reserve", 2, 20, 30, take=[7], taken=[7]))
    assert_legal(lost, done("reserve", 2, 20, 30, take=[7]))
    assert_legal(lost, done("reserve", 1, 20, 30, take=[7]))
    late = unknown("reserve", 1, 40, take=[7])
    assert_illegal(late, refused("reserve", 2, 20, 30, take=[7], taken=[7]), number=7)


def test_an_unknown_take_happens_once() -> None:
    lost = unknown("reserve", 1, 0, take=[7])
    first = refused("reserve", 2, 20, 30, take=[7], taken=[7])
    free = done("reserve", 3, 40, 50, take=[7])
    freed = done("cancel", 3, 60, 70, has=[7], phase="cancelled")
    again = refused("reserve", 2, 80, 90, take=[7], taken=[7])
    assert_legal(lost, first, free, freed)
    assert_illegal(lost, first, free, freed, again, number=7)
    assert_legal(lost, unknown("reserve", 4, 0, take=[7]), first, free, freed, again)


def test_who_was_promised_more_time_is_not_anybody() -> None:
    assert_legal(
        done("reserve", 1, 0, 1, take=[8]),
        unknown("add", 1, 2, take=[7]),
        unknown("reserve", 2, 3, take=[7]),
        refused("reserve", 3, 20, 30, take=[7], taken=[7]),
        done("reserve", 4, 40, 50, take=[7]),
    )


def test_who_may_have_held_a_number_twice_is_not_anybody() -> None:
    assert_legal(
        unknown("reserve", 1, 0, take=[7]),
        unknown("reserve", 2, 5, take=[7]),
        refused("reserve", 3, 20, 21, take=[7], taken=[7]),
        done("reserve", 4, 25, 30, take=[7]),
        done("cancel", 4, 31, 32, has=[7], phase="cancelled"),
        unknown("remove", 1, 35, give=[7]),
        refused("reserve", 3, 40, 41, take=[7], taken=[7]),
        done("reserve", 5, 45, 46, take=[7]),
        done("cancel", 5, 47, 48, has=[7], phase="cancelled"),
        unknown("add", 1, 60, take=[7]),
        refused("reserve", 3, 70, 71, take=[7], taken=[7]),
    )


def test_an_unknown_cancel_may_have_let_the_number_go() -> None:
    took = done("reserve", 1, 0, 10, take=[7])
    other = done("reserve", 2, 40, 50, take=[7])
    assert_legal(took, unknown("cancel", 1, 20), other)
    assert_legal(took, unknown("cancel", 1, 45), other)
    assert_illegal(took, unknown("cancel", 1, 55), other, number=7)
    assert_illegal(
        took, unknown("cancel", 1, 20), other, done("read", 1, 60, 70, has=[7]), number=7
    )


def test_an_unknown_remove_may_be_followed_by_taking_it_back() -> None:
    assert_legal(
        done("reserve", 1, 0, 10, take=[7, 8]),
        unknown("remove", 1, 20, give=[7]),
        done("reserve", 2, 30, 40, take=[7]),
        done("cancel", 2, 50, 60, has=[7], phase="cancelled"),
        done("add", 1, 70, 80, take=[7], has=[7, 8]),
    )


def test_an_unknown_payment_may_have_sold_the_number_for_ever() -> None:
    took = done("reserve", 1, 0, 10, take=[7], for_ms=100)
    late = refused("reserve", 2, 900, 910, take=[7], taken=[7])
    assert_legal(took, unknown("complete", 1, 20), late)
    assert_illegal(
        took, done("reserve", 3, 300, 310, take=[7]), unknown("complete", 1, 20),
        done("read", 1, 400, 410, has=[7], phase="completed", for_ms=None), number=7,
    )  # fmt: skip


def test_an_unknown_quick_pick_may_have_taken_any_number_until_it_is_settled() -> None:
    picks = unknown("quick_pick", 1, 0)
    in_the_way = refused("reserve", 2, 20, 30, take=[7], taken=[7])
    assert_legal(picks, in_the_way)
    assert_legal(picks, in_the_way, done("read", 1, 40, 50, has=[7, 8]))
    pays = done("checkout", 1, 40, 50, has=[8], phase="checkout")
    assert_illegal(picks, in_the_way, pays, number=7)


def test_an_unknown_quick_pick_takes_a_number_once() -> None:
    picks = unknown("quick_pick", 1, 0)
    first = refused("reserve", 2, 20, 30, take=[7], taken=[7])
    other = done("reserve", 3, 40, 50, take=[7])
    gone = done("cancel", 3, 60, 70, has=[7], phase="cancelled")
    again = refused("reserve", 2, 80, 90, take=[7], taken=[7])
    mine_too = refused("add", 1, 15, 16, take=[7, 8], taken=[8])
    holds_8 = done("reserve", 4, 1, 2, take=[8])
    seen = done("read", 1, 15, 16, has=[7], for_ms=10)
    for known in ([], [mine_too, holds_8], [seen]):
        assert_legal(picks, first, *known)
        assert_illegal(picks, first, other, gone, again, *known, number=7)


def test_a_quick_pick_has_what_its_answer_shows() -> None:
    picked = done("quick_pick", 1, 0, 10, has=[7, 8])
    assert_legal(picked, refused("reserve", 2, 20, 30, take=[8], taken=[8]))
    assert_illegal(picked, done("reserve", 2, 20, 30, take=[8]), number=8)
    assert_legal(picked, refused("quick_pick", 3, 20, 30))


# -- how much ------------------------------------------------------------------------------------


def test_a_hundred_who_hear_no_at_once_are_no_hundred_factorial() -> None:
    crowd = [refused("reserve", 100 + n, 0, 50 + n, take=[7], taken=[7]) for n in range(100)]
    unheard = [unknown("reserve", 300 + n, 0, take=[7]) for n in range(100)]
    took = done("reserve", 1, 40, 45, take=[7])
    assert_legal(took, *crowd)
    assert_legal(took, *crowd, *unheard)
    early = refused("reserve", 2, 0, 39, take=[7], taken=[7])
    assert_illegal(took, *crowd, early, number=7, because=1)


def test_what_is_too_much_is_undecided_and_not_legal() -> None:
    verdict = check_linearizable(
        [done("reserve", 1, 0, 10, take=[7]), done("reserve", 2, 20, 30, take=[7])], budget=0
    )
    assert verdict.undecided == [7]
    assert not verdict.is_legal
    assert "not decided" in verdict.report()


def test_a_legal_report_says_how_much_was_judged() -> None:
    verdict = judged(done("reserve", 1, 0, 10, take=[7, 8]))
    assert verdict.report() == "2 numbers, 2 answers: all explained."
