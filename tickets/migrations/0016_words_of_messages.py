from django.db import migrations

# Weight A: the ticket's own texts; B: what requester and desk said to each other; D: notes that only the desk reads.
# Who may not read notes asks for A and B. Texts are cut before their words could grow beyond what a row may hold.
FUNCTIONS = """
CREATE FUNCTION words_of_texts(subject text, description text, solution text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(
        to_tsvector('pg_catalog.danish', left(subject || ' ' || description || ' ' || solution, 50000)), 'A')
$$;
CREATE FUNCTION words_of_messages(ticket bigint) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('pg_catalog.danish', left(coalesce(
            string_agg(body, ' ' ORDER BY id) FILTER (WHERE kind <> 'internal_note'), ''), 100000)), 'B')
        || setweight(to_tsvector('pg_catalog.danish', left(coalesce(
            string_agg(body, ' ' ORDER BY id) FILTER (WHERE kind = 'internal_note'), ''), 100000)), 'D')
    FROM tickets_message WHERE ticket_id = ticket
$$;
CREATE FUNCTION keep_words_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := words_of_texts(NEW.subject, NEW.description, NEW.solution);
    IF TG_OP = 'UPDATE' THEN
        NEW.words := NEW.words || words_of_messages(NEW.id);
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION keep_words_of_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tickets_ticket SET words = words_of_texts(subject, description, solution) || words_of_messages(id)
    WHERE id IN (SELECT ticket_id FROM changed);
    RETURN NULL;
END $$;
"""
# One statement over the messages a statement wrote, so that a load of many costs one change for each ticket.
TRIGGERS = """
ALTER TABLE tickets_ticket ALTER COLUMN words DROP EXPRESSION;
UPDATE tickets_ticket SET words = words_of_texts(subject, description, solution) || words_of_messages(id);
CREATE TRIGGER words_came BEFORE INSERT ON tickets_ticket FOR EACH ROW EXECUTE FUNCTION keep_words_of_ticket();
CREATE TRIGGER words_changed BEFORE UPDATE OF subject, description, solution ON tickets_ticket FOR EACH ROW
    WHEN ((OLD.subject, OLD.description, OLD.solution) IS DISTINCT FROM (NEW.subject, NEW.description, NEW.solution))
    EXECUTE FUNCTION keep_words_of_ticket();
CREATE TRIGGER words_came AFTER INSERT ON tickets_message REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_messages();
CREATE TRIGGER words_changed AFTER UPDATE ON tickets_message REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_messages();
CREATE TRIGGER words_gone AFTER DELETE ON tickets_message REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_messages();
"""
UNDO = """
DROP TRIGGER words_gone ON tickets_message;
DROP TRIGGER words_changed ON tickets_message;
DROP TRIGGER words_came ON tickets_message;
DROP TRIGGER words_changed ON tickets_ticket;
DROP TRIGGER words_came ON tickets_ticket;
ALTER TABLE tickets_ticket DROP COLUMN words;
ALTER TABLE tickets_ticket ADD COLUMN words tsvector
    GENERATED ALWAYS AS (to_tsvector('pg_catalog.danish', subject || ' ' || description || ' ' || solution)) STORED;
CREATE INDEX ticket_words ON tickets_ticket USING gin (words) WITH (fastupdate = off);
DROP FUNCTION keep_words_of_messages();
DROP FUNCTION keep_words_of_ticket();
DROP FUNCTION words_of_messages(bigint);
DROP FUNCTION words_of_texts(text, text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_imported_judgements")]
    operations = [
        migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO),
    ]
