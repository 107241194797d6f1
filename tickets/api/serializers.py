from rest_framework import serializers

from tickets.models import Category, Ticket


class TicketSerializer(serializers.ModelSerializer):
    municipality = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    queue = serializers.SlugRelatedField(slug_field="code", read_only=True)
    category = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Ticket
        fields = [
            "number", "municipality", "subject", "description", "kind", "impact", "urgency", "priority", "status",
            "queue", "category", "channel", "received_at", "resolved_at", "next_due_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewTicketSerializer(serializers.ModelSerializer):
    category = serializers.SlugRelatedField(slug_field="code", queryset=Category.objects.all())

    class Meta:
        model = Ticket
        fields = ["subject", "description", "category", "impact", "urgency"]
        extra_kwargs = {"impact": {"required": True}, "urgency": {"required": True}}
