-- schema_v1.sql: the first schema of the store. It is compiled into the program
-- and run in one transaction with `PRAGMA user_version`. Once released it never
-- changes: a later schema is a new file and one row of the migration table.
-- Times are UTC texts ("2026-11-22T15:04:05Z"), documents are JSON texts.

-- One row per finished cell (package version x arm x mode). `id` is the sha256
-- of `key`, which holds everything that the cell depends on, so that a row with
-- the same id answers the same question and is used instead of running again.
CREATE TABLE cell (
	id       TEXT NOT NULL PRIMARY KEY,
	package  TEXT NOT NULL,  -- normalised name
	version  TEXT NOT NULL,
	key      TEXT NOT NULL,  -- JSON
	evidence TEXT NOT NULL,  -- JSON, as evidence_to_json() writes it
	seconds  REAL NOT NULL,  -- wall time
	finished TEXT NOT NULL
);
CREATE INDEX cell_by_package ON cell (package, version);

-- What the tool learned and may use again: locks, built wheels, missing test
-- dependencies, pages of the index. A fact of a kind replaces the older one.
CREATE TABLE fact (
	kind    TEXT NOT NULL,
	key     TEXT NOT NULL,
	value   TEXT NOT NULL,   -- JSON
	updated TEXT NOT NULL,
	PRIMARY KEY (kind, key)
);

-- How long a step of a package took, newest last; five of each are kept.
CREATE TABLE duration (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	step    TEXT NOT NULL,
	package TEXT NOT NULL,
	seconds REAL NOT NULL
);
CREATE INDEX duration_by_step ON duration (step, package, seq);

-- One row per run of the tool. `finished` stays NULL when the run was killed.
CREATE TABLE survey (
	seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- order of beginning
	id          TEXT NOT NULL UNIQUE,
	request     TEXT NOT NULL,  -- hash over what was asked; equal for equal requests
	title       TEXT,
	started     TEXT,
	finished    TEXT,
	interrupted INTEGER NOT NULL,
	document    TEXT NOT NULL   -- JSON without its packages
);
CREATE INDEX survey_by_request ON survey (request, seq);

-- The result of each package of a survey, in the order of the request.
CREATE TABLE package (
	survey   INTEGER NOT NULL REFERENCES survey (seq) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	name     TEXT NOT NULL,     -- normalised
	version  TEXT,
	document TEXT NOT NULL,     -- JSON, as package_to_json() writes it
	PRIMARY KEY (survey, position)
);
CREATE INDEX package_by_name ON package (name, survey);
