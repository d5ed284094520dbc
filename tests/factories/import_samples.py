"""Files in several import formats: a response of Diigo's API, tables, and a list of addresses."""

import json

API = json.dumps(
    [
        {
            "title": "Les agents  racontent",
            "url": "https://exemple.fr/a",
            "user": "Lise Été",
            "desc": "Une note &amp; <b>sa</b> suite",
            "tags": "agents,données ouvertes",
            "shared": "no",
            "readlater": "no",
            "created_at": "2008/04/30 06:28:54 +0800",
            "updated_at": "2014/11/07 09:12:00 +0000",
            "comments": [{"content": "Lagazette.fr, 7 nov 2014", "user": "Paul"}],
            "annotations": [
                {
                    "content": "Premier<br>passage",
                    "created_at": "2008/05/01 00:00:00 +0000",
                    "comments": [{"content": "D’accord"}],
                },
                {"content": ""},
            ],
        },
        {"title": "", "url": "https://exemple.fr/b", "desc": "", "tags": "no_tag", "annotations": None},
        {"title": "", "url": "", "desc": "perdu", "tags": ""},
    ],
    ensure_ascii=False,
).encode()

RAINDROP = (
    "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\r\n"
    '1,"Les ""quais"" d’été",À relire,Un résumé,https://exemple.fr/a,Veille/Agents,"vélo, Ville",'
    "2014-11-07T09:12:00.000Z,,,false\r\n"
    "2,Sans rien,,,https://exemple.fr/b,Unsorted,,,,,false\r\n"
).encode()

READWISE = (
    "Highlight,Book Title,Book Author,Amazon Book ID,Note,Color,Tags,Location Type,Location,"
    "Highlighted at,Document tags\r\n"
    '"Premier passage,\nsur deux lignes",Les agents,Lise Été,,D’accord,yellow,vélo,page,3,'
    "2014-11-07 09:12:00+00:00,\r\n"
    "Second,Les agents,Lise Été,,,,,page,4,2014-11-07 09:13:00+00:00,\r\n"
).encode()

TABLE = (
    "\ufeffTitre;Adresse;Mots-clés;Auteur;Date de publication;Ajouté le;Cote\r\n"
    "Les agents;https://exemple.fr/a;vélo, été;Lise Été;07/11/2014;08/11/2014;B12\r\n"
    ";;;;;;B13\r\n"
).encode()

ADDRESSES = (
    "# Été\nhttps://exemple.fr/a\r\n\n- <https://exemple.fr/b> Les  agents\nbonjour\nHTTP://exemple.fr/c".encode()
)

FILES = {"diigo-json": API, "raindrop": RAINDROP, "readwise": READWISE, "csv": TABLE, "addresses": ADDRESSES}
