"""Words of doubt, denial and comparison: beside a value they may mean that it is not the answer."""

from __future__ import annotations

import re

HEDGED = re.compile(
    r"n['’]t\b|\?|\b(?:not|no|never|neither|nor|none|nothing|hardly|rarely|few|without|fail\w*|lack\w*|if|unless|either|or|maybe|perhaps|might|may|could|would|should"
    r"|can|guess|wrong|incorrect|false|instead|but|however|except|assum\w*|suppos\w*|than|about|approx\w*|around"
    r"|roughly|nearly|almost|less|more|most|least|up to|between|over|under|above|below|minus|unlike|opposite"
    r"|cannot|impossible|unable|exclud\w*|rul\w+ out|reject\w*|refut\w*|contradict\w*|disprov\w*|eliminat\w*"
    r"|originally|initially|previous\w*|earlier|tempt\w*|trap|typo|barely|longer|far from|others?|converse|another"
    r"|different|next to|negat\w*|half|twice|double|den\w+|mistak\w*|error|claim\w*|believ\w*"
    r"|think|thought|doubt\w*)\b",
    re.IGNORECASE,
)
