"""The tables of a project, and the versions they went through.

Conventions: ids are 63-bit integers made by the client (see `model.ids`), times are UTC milliseconds, flags are
0 or 1, removed rows are tombstones (`deleted`), so that undo and merge find them. The counters of `frame` are
derived: the writer keeps them equal to the instances and predictions, and `annotator check` verifies it.
"""

APPLICATION_ID = 0x414E4E4F  # "ANNO"
VERSION = 1

TABLES = (
    """CREATE TABLE project (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    uid INTEGER NOT NULL,
    settings TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0
) STRICT""",
    """CREATE TABLE member (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT""",
    """CREATE TABLE skeleton (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    slots TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT""",
    """CREATE TABLE root (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL DEFAULT ''
) STRICT""",
    """CREATE TABLE media (
    id INTEGER PRIMARY KEY,
    root INTEGER NOT NULL REFERENCES root,
    path TEXT NOT NULL,
    bytes INTEGER,
    modified_ms INTEGER,
    hash BLOB,
    UNIQUE (root, path)
) STRICT""",
    """CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    media INTEGER NOT NULL REFERENCES media,
    number INTEGER NOT NULL DEFAULT 0,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    orientation INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'new',
    tags TEXT NOT NULL DEFAULT '[]',
    split TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    extra TEXT NOT NULL DEFAULT '',
    instances INTEGER NOT NULL DEFAULT 0,
    decided INTEGER NOT NULL DEFAULT 0,
    keypoints INTEGER NOT NULL DEFAULT 0,
    predictions INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT""",
    "CREATE INDEX frame_media ON frame(media, number)",
    "CREATE INDEX frame_state ON frame(deleted, state)",
    "CREATE INDEX frame_predicted ON frame(id) WHERE predictions > 0 AND deleted = 0",
    """CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    hash TEXT NOT NULL,
    parameters TEXT NOT NULL,
    member TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 16)
) STRICT""",
    """CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    frame INTEGER NOT NULL REFERENCES frame,
    skeleton INTEGER NOT NULL REFERENCES skeleton,
    keypoints BLOB NOT NULL CHECK (length(keypoints) % 17 = 0),
    x REAL, y REAL, width REAL, height REAL,
    by_hand INTEGER NOT NULL DEFAULT 0,
    crowd INTEGER NOT NULL DEFAULT 0,
    source TEXT NOT NULL,
    run INTEGER NOT NULL DEFAULT 0,
    track TEXT NOT NULL DEFAULT '',
    attributes TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    extra TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT""",
    "CREATE INDEX instance_frame ON instance(frame) WHERE deleted = 0",
    """CREATE TABLE prediction (
    id INTEGER PRIMARY KEY,
    frame INTEGER NOT NULL REFERENCES frame,
    skeleton INTEGER NOT NULL REFERENCES skeleton,
    points BLOB NOT NULL,
    scores BLOB NOT NULL,
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
    score REAL NOT NULL,
    run INTEGER NOT NULL,
    instance INTEGER,
    revision INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT""",
    "CREATE INDEX prediction_frame ON prediction(frame) WHERE deleted = 0",
    """CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('do', 'undo', 'redo')),
    bulk INTEGER NOT NULL DEFAULT 0,
    member INTEGER NOT NULL REFERENCES member,
    client_ms INTEGER NOT NULL,
    undoes INTEGER UNIQUE REFERENCES change(uid),
    version TEXT NOT NULL
) STRICT""",
    "CREATE INDEX change_member ON change(member, kind, id)",
    """CREATE TABLE change_frame (
    frame INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    change INTEGER NOT NULL REFERENCES change,
    before BLOB NOT NULL,
    after BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 16),
    PRIMARY KEY (frame, revision)
) STRICT""",
    "CREATE INDEX change_frame_change ON change_frame(change)",
    """CREATE TRIGGER change_no_update BEFORE UPDATE ON change
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END""",
    """CREATE TRIGGER change_no_delete BEFORE DELETE ON change
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END""",
    """CREATE TRIGGER change_frame_no_update BEFORE UPDATE ON change_frame
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END""",
    """CREATE TRIGGER change_frame_no_delete BEFORE DELETE ON change_frame
BEGIN SELECT RAISE(ABORT, 'changes are append-only'); END""",
)

# The tables of every version that was ever released: an old file is told from one that somebody tampered with.
SCHEMAS: dict[int, tuple[str, ...]] = {VERSION: TABLES}

# From version n to n + 1: statements that leave exactly the tables of SCHEMAS[n + 1].
MIGRATIONS: dict[int, tuple[str, ...]] = {}
