/**
 * SQL that notes for every endpoint of users that subscribed to it that something happened, to stand in the same statement
 * as the change itself. `happened` is a query of rows with `event`, `subject_id`, `owner`, `user_id` and `at`; where no
 * endpoint subscribed, it stores nothing.
 */
export function announce(happened: string): string {
  return `INSERT INTO replicate.webhook_deliveries (endpoint_id, event, subject_id, occurred_at)
    SELECT endpoint.endpoint_id, happened.event, happened.subject_id, happened.at
    FROM (${happened}) happened JOIN replicate.webhook_endpoints endpoint
      ON endpoint.owner = happened.owner OR endpoint.of_all_owners
    WHERE endpoint.deleted_at IS NULL AND endpoint.disabled_at IS NULL AND happened.event = ANY(endpoint.events)
      AND (endpoint.user_id IS NULL OR endpoint.user_id = happened.user_id)`;
}
