{#- Rows of the claims that this run works on: those of touched families in an increment, else every one. -#}
{% macro claim_rows() -%}
    {%- set every, touched = ref('stg_medical_claim'), ref('int_work_claim_row') -%}
    select * from {{ touched if is_incremental() else every }}
{%- endmacro %}


{#- Rows of the claims that a changed row names, in an increment; else every one. -#}
{% macro changed_claim_rows() -%}
    {%- set every, changed = ref('stg_medical_claim'), ref('int_work_link_row') -%}
    select * from {{ changed if is_incremental() else every }}
{%- endmacro %}


{#-
    Pre-hook of a statement that finds the rows of listed keys in a large table: by the keys, however many. The planner
    knows little of a list that was just written, and reading the table costs what history weighs. others: whether the
    planner may choose another way; `on` gives it back its choice within the transaction.
-#}
{% macro look_up_by_key(others='off') -%}
    set local enable_seqscan = {{ others }};
    set local enable_hashjoin = {{ others }};
    set local enable_mergejoin = {{ others }}
{%- endmacro %}
