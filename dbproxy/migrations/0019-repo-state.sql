-- depends: 0018-reports
-- What Continuum learned about a repository, apart from what people chose for it (common/api/repos.py).
ALTER TABLE repos ADD COLUMN state jsonb NOT NULL DEFAULT '{}';
UPDATE repos SET
    state = (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(settings)
             WHERE key IN ('forge_account', 'webhook', 'gone', 'unreached', 'archived')),
    settings = settings - '{forge_account,webhook,gone,unreached,archived}'::text[]
WHERE settings ?| '{forge_account,webhook,gone,unreached,archived}'::text[];
