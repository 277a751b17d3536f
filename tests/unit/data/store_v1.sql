-- store_v1.sql: a store of schema 1 as the first release writes it, as SQL text.
-- Never change it: it proves that later versions still read what this one wrote.
PRAGMA journal_mode=WAL;
PRAGMA application_id=1835222642;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE cell (
	id       TEXT NOT NULL PRIMARY KEY,
	package  TEXT NOT NULL,  -- normalised name
	version  TEXT NOT NULL,
	key      TEXT NOT NULL,  -- JSON
	evidence TEXT NOT NULL,  -- JSON, as evidence_to_json() writes it
	seconds  REAL NOT NULL,  -- wall time
	finished TEXT NOT NULL
);
INSERT INTO "cell" VALUES('0100000000000000000000000000000000000000000000000000000000000001','p','1.0','{"arm":"ft","mode":"serial","package":"p"}','{"arm":"ft","ending":"normal","code":0,"collected":2,"selected":2,"runner_exit":1,"gil_after_import":0,"gil_at_end":0,"forged_events":0,"wall_ns":2500000000,"cpu_ns":0,"peak_rss":0,"import_rss":0,"import_ns":0,"gil_forced_off":false,"imported":true,"output_truncated":false,"out_of_memory":false,"timed_out":false,"mode":"serial","error":null,"import_error":null,"gil_module":null,"gil_test":null,"log":"logs/01/0100-ft-serial.log","log_tail":null,"command":null,"missing_modules":[],"missing_fixtures":[],"unknown_options":[],"shadowed":[],"tests":[["tests/test_p.py::test_ok","passed",1200000,1500000],["tests/test_p.py::test_bad[é]","failed",2200000,2500000,"AssertionError: ''a'' != ''b''"]],"collect_errors":[],"culprits":[],"extensions":[{"module":"p._c","file":"p/_c.cpython-313t-x86_64-linux-gnu.so"}]}',2.5,'2026-11-22T15:50:42Z');
CREATE TABLE duration (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	step    TEXT NOT NULL,
	package TEXT NOT NULL,
	seconds REAL NOT NULL
);
INSERT INTO "duration" VALUES(1,'suite','p',2.5);
CREATE TABLE fact (
	kind    TEXT NOT NULL,
	key     TEXT NOT NULL,
	value   TEXT NOT NULL,   -- JSON
	updated TEXT NOT NULL,
	PRIMARY KEY (kind, key)
);
INSERT INTO "fact" VALUES('test-deps','p','["hypothesis"]','2026-11-22T15:50:42Z');
CREATE TABLE package (
	survey   INTEGER NOT NULL REFERENCES survey (seq) ON DELETE CASCADE,
	position INTEGER NOT NULL,
	name     TEXT NOT NULL,     -- normalised
	version  TEXT,
	document TEXT NOT NULL,     -- JSON, as package_to_json() writes it
	PRIMARY KEY (survey, position)
);
INSERT INTO "package" VALUES(1,0,'p','1.0','{"name":"p","version":"1.0","requested":null,"tested_version":null,"blocker":null,"advice":null,"from":null,"gil_module":null,"tests_from":null,"runner":null,"profile":null,"reproduce":null,"runs":4,"holds":0,"of":0,"gil_state":-1,"bound":1,"seconds":0,"reasons":["test-regressed: tests/test_p.py::test_bad fails on free threading in 4 of 4 runs, gil 0 of 4"],"flags":[],"path":[],"left_out":[],"logs":[],"verdict":"test-regressed","readiness":"no-go","artifacts":{"gil":null,"ft":null},"tests":{"selected":null,"of":null,"gil":null,"ft":null,"ft-gil":null,"only_gil":[],"only_ft":[],"differences":[]},"coverage":{},"delta":{"time":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"memory":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"import":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"baseline":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null}},"ladder":[],"findings":[]}');
INSERT INTO "package" VALUES(1,1,'q','2.0','{"name":"q","version":"2.0","requested":null,"tested_version":null,"blocker":null,"advice":null,"from":null,"gil_module":null,"tests_from":null,"runner":null,"profile":null,"reproduce":null,"runs":6,"holds":0,"of":0,"gil_state":-1,"bound":0.39303770970654,"seconds":0,"reasons":[],"flags":[],"path":[],"left_out":[],"logs":[],"verdict":"pass","readiness":"go","artifacts":{"gil":null,"ft":null},"tests":{"selected":null,"of":null,"gil":null,"ft":null,"ft-gil":null,"only_gil":[],"only_ft":[],"differences":[]},"coverage":{},"delta":{"time":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"memory":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"import":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null},"baseline":{"ratio":null,"lo":null,"hi":null,"n":0,"verdict":"unknown","noise":0,"note":null}},"ladder":[],"findings":[]}');
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
INSERT INTO "survey" VALUES(1,'5dc62e960001','0123456789abcdef','p q','2026-11-22T12:00:00Z','2026-11-22T12:04:12Z',0,'{"schema_version":1,"tool":{"name":"migrate-check","version":null},"options":{"effort":"quick"},"id":"5dc62e960001","started":"2026-11-22T12:00:00Z","finished":"2026-11-22T12:04:12Z","title":"p q","command":null,"seed":"4f1c","cores":2,"exit_code":1,"requirements":2,"infra_errors":0,"cells":0,"budget_seconds":0,"seconds":0,"sandbox":true,"interrupted":false,"pair":{"gil":{"executable":null,"version":null,"compiler":null,"flags":null,"config_args":null,"optimisation":null,"tag":null,"platform":null,"provider":null,"id":null,"prefix":null,"gil_disabled":false,"debug":false},"ft":{"executable":null,"version":null,"compiler":null,"flags":null,"config_args":null,"optimisation":null,"tag":null,"platform":null,"provider":null,"id":null,"prefix":null,"gil_disabled":false,"debug":false},"parity":[]},"headline":"Cannot say","not_covered":[]}');
CREATE INDEX cell_by_package ON cell (package, version);
CREATE INDEX duration_by_step ON duration (step, package, seq);
CREATE INDEX survey_by_request ON survey (request, seq);
CREATE INDEX package_by_name ON package (name, survey);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('duration',1);
INSERT INTO "sqlite_sequence" VALUES('survey',1);
COMMIT;
