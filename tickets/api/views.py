from rest_framework import mixins, status, viewsets
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

from tickets import lifecycle
from tickets.api.serializers import NewTicketSerializer, TicketSerializer
from tickets.models import Channel, Ticket


class NewestFirst(CursorPagination):
    ordering = ("-received_at", "-id")


class TicketViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    """Own tickets; with `?role=agent` those the token's owner works."""

    serializer_class = TicketSerializer
    pagination_class = NewestFirst
    lookup_field = "number"
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self):
        tickets = Ticket.objects.select_related("municipality", "queue", "category")
        if self.request.query_params.get("role") == "agent":
            return tickets.workable_by(self.request.user)
        return tickets.visible_to(self.request.user)

    def create(self, request, *args, **kwargs):
        lifecycle.check_may_file(request.user)
        form = NewTicketSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        ticket = lifecycle.file(requester=request.user, channel=Channel.API, **form.validated_data)
        return Response(TicketSerializer(ticket).data, status=status.HTTP_201_CREATED)
