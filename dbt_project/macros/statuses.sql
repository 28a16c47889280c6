{#- The eleven statuses in the order they are printed; status 6 is tested before status 3 (a deferral). -#}
{% macro status_order() -%}
    {{ return([
        'not_applicable', 'performed_before_opinion', 'performed_as_proposed', 'performed_modified', 'substituted',
        'deferred_performed', 'censored_death', 'censored_disenrolled', 'unverifiable', 'not_performed_provisional',
        'not_performed_confirmed',
    ]) }}
{%- endmacro %}


{#- Statuses of a proposed procedure that took place after the opinion, as a list for IN. -#}
{% macro performed_statuses() -%}
    ('performed_as_proposed', 'performed_modified', 'deferred_performed')
{%- endmacro %}
