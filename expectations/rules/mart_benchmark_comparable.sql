-- One row per published figure: ours stands beside it only where who asked is known, and is then a share.
select
    (is_comparable and initiation = '')
    or (is_comparable and not coalesce(value between 0 and 1, denominator = 0))
    or (not is_comparable and value is not null) as failed
from {work}.mart_literature_benchmark
