"""Rows of before have neither run nor form nor refund, and one invoice for each order: none stands in the way."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0009_refunds_of_a_part'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(condition=models.Q(('run__isnull', False)), fields=('run',), name='refund_one_per_run'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(condition=models.Q(('token__isnull', False)), fields=('token',), name='refund_once_per_form'),
        ),
        migrations.AddConstraint(
            model_name='taxdocument',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'simplified_invoice')), fields=('order',), name='taxdocument_one_invoice_per_order'),
        ),
        migrations.AddConstraint(
            model_name='taxdocument',
            constraint=models.UniqueConstraint(condition=models.Q(('refund__isnull', False)), fields=('refund',), name='taxdocument_one_per_refund'),
        ),
    ]
