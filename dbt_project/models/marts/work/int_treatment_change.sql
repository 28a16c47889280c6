with

touched_case as (
    select * from {{ ref('int_touched_case') }}
    where t0 is not null
),

advice as (
    select * from {{ ref('int_case_procedure') }}
    where is_proposed or is_added
),

invasiveness as (
    select * from {{ source('reference', 'family_invasiveness') }}
),

-- one proposed or added procedure
judged as (
    select
        advice.case_key,
        case
            when advice.is_added then 'added'
            when advice.recommendation is null then 'undetermined'
            when advice.recommendation = 'against' then 'stopped'
            when advice.recommendation = 'defer' then 'deferred'
            when
                advice.final_procedure_family <> advice.procedure_family
                and later.invasiveness < earlier.invasiveness
                then 'less_invasive'
            when
                advice.final_procedure_family <> advice.procedure_family
                and later.invasiveness > earlier.invasiveness
                then 'more_invasive'
            when advice.final_procedure_family <> advice.procedure_family then 'modified'
            -- no other operation is named: something other than an operation
            when advice.recommendation = 'alternative' then 'less_invasive'
            when advice.recommendation = 'modify' then 'modified'
            when nullif(advice.final_laterality, '') <> nullif(advice.laterality, '') then 'modified'
            else 'same'
        end as treatment_class
    from advice
    left join invasiveness as earlier
        on advice.procedure_family = earlier.family_id
    left join invasiveness as later
        on advice.final_procedure_family = later.family_id
),

-- the weightiest class of a case speaks for it: an operation dropped, another one, a later one, one more, ...
counted as (
    select
        case_key,
        count(*) as procedure_count,
        count(distinct treatment_class) as classes,
        min(
            case treatment_class
                when 'stopped' then 1
                when 'less_invasive' then 2
                when 'more_invasive' then 3
                when 'deferred' then 4
                when 'added' then 5
                when 'modified' then 6
                -- what nobody spoke about never hides behind a procedure that stays as it was
                when 'undetermined' then 7
                else 8
            end
        ) as weight
    from judged
    group by case_key
)

select
    touched_case.payor_id,
    touched_case.case_key,
    cast('initial_final' as text) as opinion_pair,
    case counted.weight
        when 1 then 'stopped'
        when 2 then 'less_invasive'
        when 3 then 'more_invasive'
        when 4 then 'deferred'
        when 5 then 'added'
        when 6 then 'modified'
        when 7 then 'undetermined'
        when 8 then 'same'
        else 'not_applicable'
    end as treatment_class,
    coalesce(counted.weight < 7, false) as is_treatment_changed,
    coalesce(counted.classes > 1, false) as is_mixed,
    cast(coalesce(counted.procedure_count, 0) as integer) as proposals
from touched_case
left join counted
    on touched_case.case_key = counted.case_key
