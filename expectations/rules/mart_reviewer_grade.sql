-- One row per delivered case whose reviewer gave a class and a grade: the class can weigh that much, or that little.
select weight.class_name is null as failed
from {work}.fct_diagnosis_change as change
left join reference.class_grade as weight
    on
        change.reviewer_class = weight.class_name
        and change.reviewer_grade between weight.lowest_grade and weight.highest_grade
where change.reviewer_class <> '' and change.reviewer_grade is not null
