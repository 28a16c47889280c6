with

-- the newest delivery replaces every row of a consultation
procedure_row as (
    select
        *,
        max(sender_sequence) over (partition by case_key) as last_sequence
    from {{ ref('stg_consultation_procedure') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by case_key, opinion, proposal_no
            order by plaintext_sha256 desc, record_no desc, expansion_no desc
        ) as copy_no
    from procedure_row
    where sender_sequence = last_sequence
),

initial_row as (
    select * from ranked
    where copy_no = 1 and opinion = 'initial'
),

final_row as (
    select * from ranked
    where copy_no = 1 and opinion = 'final'
)

select
    coalesce(initial_row.payor_id, final_row.payor_id) as payor_id,
    coalesce(initial_row.case_key, final_row.case_key) as case_key,
    coalesce(initial_row.proposal_no, final_row.proposal_no) as proposal_no,
    initial_row.case_key is not null as is_proposed,
    initial_row.case_key is null and coalesce(final_row.recommendation = 'add', false) as is_added,
    coalesce(initial_row.procedure_family, final_row.procedure_family) as procedure_family,
    coalesce(initial_row.laterality, final_row.laterality) as laterality,
    final_row.procedure_family as final_procedure_family,
    final_row.laterality as final_laterality,
    initial_row.recommended_date,
    coalesce(initial_row.planned_date, final_row.planned_date) as planned_date,
    coalesce(final_row.deferred_until, initial_row.deferred_until) as deferred_until,
    initial_row.intent_evidence,
    final_row.recommendation,
    case
        when final_row.recommendation in ('against', 'alternative', 'defer') then final_row.recommendation
        when final_row.recommendation is not null then 'agreed'
        else 'none'
    end as so_position
from initial_row
full outer join final_row
    on
        initial_row.case_key = final_row.case_key
        and initial_row.proposal_no = final_row.proposal_no
