{#-
    Branches of a CASE: relation of two codes of one system, once behaviour and ranks have not decided.
    No branch (null): the pinned CCSR release does not know one of the codes.
-#}
{% macro same_system_relation() -%}
    {%- set same_category = 'initial_category = final_category' -%}
    when initial_listed = final_listed then 'D0'
            when initial_concept = final_concept then 'D1'
            -- ICD codes grow to the right: an ancestor is a beginning
            when left(final_listed, length(initial_listed)) = initial_listed then 'D2+'
            when {{ same_category }} and is_initial_unspecified and not is_final_unspecified then 'D2+'
            when left(initial_listed, length(final_listed)) = final_listed then 'D2-'
            when {{ same_category }} and is_final_unspecified and not is_initial_unspecified then 'D2-'
            when is_initial_symptom and not is_final_symptom then 'D7'
            when is_final_symptom and not is_initial_symptom then 'D8'
            when {{ same_category }} then 'D3'
            when has_ccsr and not (is_initial_in_ccsr and is_final_in_ccsr) then null
            when has_ccsr and initial_ccsr = final_ccsr and initial_body_site <> final_body_site then 'D4_other_site'
            when has_ccsr and initial_ccsr = final_ccsr and is_other_family then 'D4_other_family'
            when has_ccsr and initial_ccsr = final_ccsr then 'D4'
            when initial_chapter = final_chapter then 'D5'
            when has_ccsr and initial_body_system = final_body_system then 'D5'
            else 'D6'
{%- endmacro %}


{#- Both name a side and not the same one. -#}
{% macro opposite_sides(one, other) -%}
    {%- set sides = "('right', 'left', 'bilateral')" -%}
    coalesce({{ one }} in {{ sides }} and {{ other }} in {{ sides }} and {{ one }} <> {{ other }}, false)
{%- endmacro %}
