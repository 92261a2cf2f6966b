"""The filter, run by a small interpreter of its own: both machines' tables, whatever machine this is."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from propound.sandbox.inside import seccomp
from propound.sandbox.inside.syscalls import AUDIT_ARCHITECTURE, NUMBERS, numbers

REFUSE, KILL, ALLOW, ERRNO = 0x7FC00000, 0x80000000, 0x7FFF0000, 0x00050000
OWN_PID, HANDSHAKE = 777, 64
MACHINES = sorted(AUDIT_ARCHITECTURE)


def verdict(
    machine: str,
    call: str | int,
    arguments: tuple[int, ...] = (),
    *,
    architecture: int | None = None,
    children: bool = False,
    signals_to: int | None = OWN_PID,
) -> int:
    """What the kernel would answer to a call."""
    code = seccomp.assemble(
        numbers(machine),
        AUDIT_ARCHITECTURE[machine],
        REFUSE,
        children=children,
        signals_to=signals_to,
        handshake=HANDSHAKE,
    )
    number = numbers(machine)[call] if isinstance(call, str) else call
    padded = (*arguments, *[0] * (6 - len(arguments)))
    data = struct.pack(
        "=IIQ6Q", number, AUDIT_ARCHITECTURE[machine] if architecture is None else architecture, 0,
        *(argument & 0xFFFFFFFFFFFFFFFF for argument in padded),
    )  # fmt: skip
    return interpret(code, data)


def interpret(code: bytes, data: bytes) -> int:
    """Classic BPF, as far as the filter uses it."""
    program = list(struct.iter_unpack("=HBBI", code))
    position = accumulator = 0
    while True:
        operation, if_true, if_false, value = program[position]
        position += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x54:
                accumulator &= value
            case 0x15:
                position += if_true if accumulator == value else if_false
            case 0x35:
                position += if_true if accumulator >= value else if_false
            case 0x05:
                position += value
            case 0x45:
                position += if_true if accumulator & value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"unknown operation {operation:#x}")


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_lists_gets_its_answer(machine: str) -> None:
    known = numbers(machine)
    for answer, names in (
        (ALLOW, seccomp.ALLOWED),
        (ERRNO | errno.EPERM, seccomp.FORBIDDEN),
        (REFUSE, seccomp.REFUSED),
    ):
        for name in names:
            if name in known:
                assert verdict(machine, name) == answer, name


def test_no_call_is_in_two_lists_and_all_are_known() -> None:
    lists = [*seccomp.ALLOWED, *seccomp.FORBIDDEN, *seccomp.REFUSED, *seccomp.SIGNALS]
    assert len(lists) == len(set(lists))
    assert set(lists) <= set(NUMBERS)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_program_fits_the_kernels_limit(machine: str) -> None:
    code = seccomp.assemble(
        numbers(machine), AUDIT_ARCHITECTURE[machine], REFUSE, children=True, signals_to=None, handshake=3
    )
    assert len(code) // 8 <= 4096


@given(machine=st.sampled_from(MACHINES), number=st.integers(0, 2**32 - 1))
def test_a_call_that_is_not_listed_does_not_exist(machine: str, number: int) -> None:
    if number not in numbers(machine).values():
        assert verdict(machine, number) == ERRNO | errno.ENOSYS


@given(machine=st.sampled_from(MACHINES), number=st.integers(0, 500), architecture=st.integers(0, 2**32 - 1))
def test_calls_of_another_architecture_end_the_program(machine: str, number: int, architecture: int) -> None:
    if architecture != AUDIT_ARCHITECTURE[machine]:
        assert verdict(machine, number, architecture=architecture) == KILL


@given(machine=st.sampled_from(MACHINES), flags=st.integers(0, 2**64 - 1), children=st.booleans())
def test_clone_makes_threads_sometimes_children_and_never_namespaces(
    machine: str, flags: int, children: bool
) -> None:
    namespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
    answer = verdict(machine, "clone", (flags,), children=children)
    if flags & namespaces:
        assert answer == REFUSE
    else:
        assert (answer == ALLOW) == (bool(flags & 0x00010000) or children)


@given(machine=st.sampled_from(MACHINES), family=st.integers(0, 2**32 - 1), kind=st.integers(0, 2**32 - 1))
def test_no_socket_is_ever_made(machine: str, family: int, kind: int) -> None:
    assert verdict(machine, "socket", (family, kind)) == (ERRNO | errno.EPERM if family == 1 else REFUSE)


@given(machine=st.sampled_from(MACHINES), family=st.integers(0, 50), kind=st.integers(0, 2**32 - 1))
def test_only_a_local_stream_comes_as_a_pair(machine: str, family: int, kind: int) -> None:
    allowed = verdict(machine, "socketpair", (family, kind)) == ALLOW
    assert allowed == (family == 1 and kind & 0xF == 1)


@given(machine=st.sampled_from(MACHINES), target=st.integers(-(2**31), 2**31 - 1))
def test_only_the_program_itself_can_be_signalled(machine: str, target: int) -> None:
    assert (verdict(machine, "kill", (target, 9)) == ALLOW) == (target in (OWN_PID, 0))
    assert (verdict(machine, "tgkill", (target, target, 9)) == ALLOW) == (target == OWN_PID)
    for name in ("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        assert verdict(machine, name, (target, 9)) == ERRNO | errno.EPERM


@given(machine=st.sampled_from(MACHINES), value=st.integers(0, 2**31 - 1))
def test_arguments_outside_their_list_are_denied(machine: str, value: int) -> None:
    assert (verdict(machine, "sendmsg", (value,)) == ALLOW) == (value == HANDSHAKE)
    assert (verdict(machine, "prlimit64", (value,)) == ALLOW) == (value == 0)
    assert (verdict(machine, "prctl", (value,)) == ALLOW) == (value in (3, 15, 16, 23))
    assert (verdict(machine, "fcntl", (0, value)) == ALLOW) == (value in (*range(8), 36, 37, 38, 1030, 1032, 1034))


@pytest.mark.parametrize("machine", MACHINES)
def test_the_new_way_to_clone_does_not_exist(machine: str) -> None:
    """Its flags are behind a pointer, where a filter cannot look; the C library then uses the old one."""
    assert verdict(machine, "clone3", children=True) == ERRNO | errno.ENOSYS
