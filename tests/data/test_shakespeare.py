from __future__ import annotations

import pytest

from elman.data.shakespeare import convert

# Written for this test, with every kind of mark the source has.
PLAY = """# A Small Play

## ACT I

### SCENE I. A yard.

_Enter a CAT
and a Dog_

left over from the heading.

**CAT**  
Who is there?  
_\\[Aside]_  
A dog —  and I am alone.

_The dog barks, & c. at
CAT_

He barks:  
no bite.

**First Dog**  
*[To himself.]*
She said "no"! ...

**CAT & First Dog**  
Sing with __\\[ ]_  
me, & c.

1\\. A lively flourish.  
2\\. Then, two cats.

EPILOGUE

**Old Cat**  
_Exit_
BISHOP

**OF MILAN**  
[Within]_  
'Go,'\\--I say. It costs  
2s. 6d.

#### SCENE II. The same.

_Exeunt_
"""

TEXT = """CAT:
Who is there?
A dog--and I am alone.
He barks:
no bite.

First Dog:
She said 'no'!.

CAT and First Dog:
Sing with
me, etc.

BISHOP OF MILAN:
'Go,'--I say. It costs
"""


def test_speeches_stay_and_everything_else_goes():
    assert convert([PLAY]) == TEXT


def test_plays_follow_one_another_in_the_order_given():
    assert convert([PLAY, PLAY]) == TEXT + "\n" + TEXT


def test_line_endings_make_no_difference():
    assert convert([PLAY.replace("\n", "\r\n")]) == TEXT


@pytest.mark.parametrize("play", ["", "# Title", "Words before any speaker.", "**CAT**\n_Exit_"])
def test_no_speech_no_text(play):
    assert convert([play]) == "\n"
