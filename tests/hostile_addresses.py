"""Addresses that nobody's server should ask, by why: the hostile list."""

IN_DIGITS = """
http://127.0.0.1/ http://127.0.0.1:80/ http://127.255.255.254/ http://127.1/ http://127.0.1/ http://0177.0.0.1/
http://0177.1/ http://0x7f.0.0.1/ http://0x7f000001/ http://0X7F.1/ http://2130706433/ http://017700000001/
http://127.0.0.1./ http://127.0.0.1%2f@example.org/ http://①②⑦.⓪.⓪.①/ http://127。0。0。1/ http://１２７.0.0.1/ http://%31%32%37.0.0.1/
http://0/ http://0.0.0.0/ http://0.0.0.0:8080/ http://00000000/ http://0.1.2.3/
http://10.0.0.1/ http://10.255.255.255/ http://167772161/ http://012.0.0.1/ http://0xa.1/
http://172.16.0.1/ http://172.31.255.254/ http://2886729729/ http://192.168.0.1/ http://192.168.1.254:8080/ http://3232235521/
http://169.254.169.254/latest/meta-data/ http://169.254.0.1/ http://2852039166/ http://0xa9fea9fe/ http://0251.0376.0251.0376/
http://169.254.43518/ http://100.100.100.200/ http://100.64.0.1/ http://100.127.255.255/ http://168.63.129.16/metadata
http://192.0.0.1/ http://192.0.0.192/ http://192.0.2.1/ http://198.51.100.7/ http://203.0.113.9/ http://198.18.0.1/
http://198.19.255.255/ http://192.88.99.1/ http://224.0.0.1/ http://239.255.255.250/ http://240.0.0.1/ http://255.255.255.255/
""".split()
IN_SIX = """
http://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[::]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::ffff:10.0.0.1]/ http://[::ffff:169.254.169.254]/ http://[::ffff:93.184.215.14]/ http://[::127.0.0.1]/
http://[::93.184.215.14]/ http://[::ffff:0:127.0.0.1]/ http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::7f00:1]/
http://[64:ff9b::10.1.2.3]/ http://[64:ff9b::a9fe:a9fe]/ http://[64:ff9b:1::1]/ http://[64:ff9b:1:7f00:0:100::]/
http://[64:ff9b:1::93.184.215.14]/ http://[2002:7f00:1::1]/ http://[2002:a9fe:a9fe::]/ http://[2002:5db8:d70e::1]/
http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/ http://[2001::1]/ http://[2001:2::1]/ http://[2001:10::1]/ http://[2001:20::1]/
http://[2001:db8::1]/ http://[3fff::1]/ http://[fe80::1]/ http://[fe80::5efe:127.0.0.1]/ http://[2a01:e0a::5efe:10.0.0.1]/
http://[2a01:e0a::200:5efe:192.168.0.1]/ http://[fc00::1]/ http://[fd00:ec2::254]/ http://[fd12:3456:789a::1]/ http://[fec0::1]/
http://[ff02::1]/ http://[ff0e::1]/ http://[100::1]/ http://[5f00::1]/ http://[4000::1]/ http://[e000::1]/
""".split()
BY_NAME = """
http://localhost/ http://LOCALHOST/ http://localhost./ http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/ http://l%6fcalhost/ http://a.localhost/ http://localhost.localdomain/
http://imprimante.local/ http://metadata.google.internal/ http://metadata/ http://intranet/ http://serveur.lan/
http://routeur.home.arpa/ http://wiki.corp/
http://fichiers.intranet/ http://boite.home/ http://base.private/ http://essai.test/ http://rien.invalid/
http://duskgytldkxiuqc6.onion/ http://1.0.0.127.in-addr.arpa/
""".split()
AT_A_PORT = """
http://93.184.215.14:22/ http://93.184.215.14:25/ http://93.184.215.14:5432/ https://gazette.example:6379/ http://gazette.example:11211/
http://gazette.example:3306/ http://gazette.example:8000/ http://gazette.example:0/ http://gazette.example:65535/
""".split()
REFUSED = (*IN_DIGITS, *IN_SIX, *BY_NAME, *AT_A_PORT)
"""What leads, or may lead, to a network that is not public."""
NO_ADDRESS = (
    "",
    " ",
    "gazette.example",
    "//gazette.example/",
    "/etc/passwd",
    "file:///etc/passwd",
    "ftp://gazette.example/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "javascript:alert(1)",
    "data:text/html,<p>x",
    "blob:https://gazette.example/1",
    "view-source:http://gazette.example/",
    "ws://gazette.example/",
    "http://",
    "http:///",
    "https://:80/",
    "http://gazette.example:99999/",
    "http://gazette.example:80a/",
    "http://claire@gazette.example/",
    "http://claire:secret@gazette.example/",
    "http://gazette.example@127.0.0.1/",
    "http://127.0.0.1@gazette.example/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::1]gazette.example/",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://0x100000000/",
    "http://127.0.0.1\x00.gazette.example/",
    "http://127.0.0.1%00.gazette.example/",
    "http://gazette .example/",
    "http://gazette<script>.example/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://a..example/",
    "http://.example.fr/",
    "http://gazette.example/" + "a" * 9_000,
    "\ud800",
    "http://gazette.example/\ud800\ud800" + "é" * 10_000,
)
"""What is no address of a page, or hides another in a name and a password."""
