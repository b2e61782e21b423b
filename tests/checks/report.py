"""report.py hostile FILE: writes a capture of a boot in which every name is hostile: a vendor
class, host name, boot file, user class and TFTP error with HTML, quotes, control bytes and
bytes that are not UTF-8.

report.py check FILE...: reads pages of `pxrelayctl report` as strictly as needed to prove
that they are whole and harmless: only the elements and attributes that we write, all closed
in order, no text that is not escaped, nothing that is loaded. Prints what is wrong; the exit
status is 1 then.

report.py measured FILE WIDTH DARK: prints the page, in a frame as wide as this, without its
CSP and with a script that measures the text; what is clipped, overlaps, is small or has
little contrast is then in the attribute data-wrong of the body. tests/checks/browser.sh has
a browser run it.
"""
import html
import html.parser
import re
import struct
import sys

EVIL = b"<script>alert(1)</script>'\"&<img src=http://evil.example/x onerror=alert(1)>" \
	b"\x1b[31m\x07\xff\xfe\xe2\x80\xae-->]]>"


def checksum(data):
	s = sum(struct.unpack('>%dH' % (len(data) // 2), data))
	s = (s >> 16) + (s & 0xffff)
	return ~(s + (s >> 16)) & 0xffff


def packet(src, dst, sport, dport, payload):
	udp = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
	head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
	ip = bytes(map(int, src.split('.'))) + bytes(map(int, dst.split('.')))
	head = head[:10] + struct.pack('>H', checksum(head + ip))
	return b'\x02' * 12 + b'\x08\x00' + head + ip + udp


def dhcp(op, kind, yiaddr, options, file=b''):
	m = struct.pack('>BBBBIHH', op, 1, 6, 0, 0x1234, 0, 0x8000) + bytes(4) + \
		bytes(yiaddr) + bytes(8) + b'\x02\0\0\0\x10\x66' + bytes(10) + \
		bytes(64) + file.ljust(128, b'\0')[:128] + b'\x63\x82\x53\x63'
	for code, value in [(53, bytes([kind]))] + options:
		m += bytes([code, len(value)]) + value
	return m + b'\xff'


def hostile():
	me = [(60, b'PXEClient:Arch:00007:UNDI:003016' + EVIL), (93, b'\0\7'),
		(12, EVIL), (77, EVIL), (61, b'\0' + EVIL), (82, b'\1' +
		bytes([len(EVIL)]) + EVIL), (43, b'\x47\4\0\0\0\0\xff'), (240, EVIL)]
	server = [(54, b'\x0a\0\0\1'), (51, b'\0\0\1\0')]
	offer = server + [(66, EVIL), (67, EVIL), (17, EVIL), (60, b'PXEClient')]
	lease = [10, 0, 0, 50]
	tftp = b'\0\5\0\1' + EVIL + b'\0'
	yield 0, packet('0.0.0.0', '255.255.255.255', 68, 67, dhcp(1, 1, bytes(4), me))
	yield 2, packet('10.0.0.1', '255.255.255.255', 67, 68, dhcp(2, 2, lease, offer, EVIL))
	yield 4, packet('0.0.0.0', '255.255.255.255', 68, 67,
		dhcp(1, 3, bytes(4), me + server[:1]))
	yield 6, packet('10.0.0.1', '255.255.255.255', 67, 68, dhcp(2, 5, lease, offer, EVIL))
	for at in range(7, 11):
		yield at, packet('10.0.0.50', '10.0.0.1', 2000 + at, 69,
			b'\0\1' + EVIL + b'\0octet\0tsize\0000\0')
		yield at, packet('10.0.0.1', '10.0.0.50', 3000, 2000 + at, tftp)


def write_hostile(name):
	with open(name, 'wb') as f:
		f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		for at, data in hostile():
			f.write(struct.pack('<IIII', 1700000000 + at, 0, len(data), len(data)))
			f.write(data)


VOID = {'meta'}
ELEMENTS = VOID | set('''html head title style body main article header footer h1 h2 p b dl dt dd
	ul li details summary table tr td svg g path text'''.split())
ATTRIBUTES = set('''lang charset name content http-equiv class viewbox role aria-label d x y
	text-anchor'''.split())


class Page(html.parser.HTMLParser):
	def __init__(self):
		super().__init__(convert_charrefs=False)
		self.open, self.wrong, self.seen = [], [], {}

	def handle_starttag(self, tag, attributes):
		self.seen[tag] = self.seen.get(tag, 0) + 1
		if tag not in ELEMENTS:
			self.wrong.append('an element %s' % tag)
		for name, value in attributes:
			if name not in ATTRIBUTES or value is None:
				self.wrong.append('%s has an attribute %s' % (tag, name))
		if tag not in VOID:
			self.open.append(tag)

	def handle_endtag(self, tag):
		if not self.open or self.open.pop() != tag:
			self.wrong.append('%s is closed and was not open' % tag)

	def handle_data(self, data):
		if self.open and self.open[-1] == 'style':
			if re.search(r'url|@import|expression|[<\\]', data):
				self.wrong.append('the style refers to something')
		elif re.search('[<>&"]', data):
			self.wrong.append('text that is not escaped: %r' % data)
		if re.search('[^\n -~]', data):
			self.wrong.append('a byte that is no printable ASCII: %r' % data)

	def handle_entityref(self, name):
		if name not in ('lt', 'gt', 'amp', 'quot'):
			self.wrong.append('an entity %s' % name)

	def handle_comment(self, data):
		self.wrong.append('a comment')

	def unknown_decl(self, data):
		self.wrong.append('a declaration')


def check(name):
	page = Page()
	with open(name, encoding='ascii') as f:
		page.feed(f.read())
	page.close()
	if page.open:
		page.wrong.append('never closed: %s' % page.open)
	for tag in ('html', 'title', 'h1', 'main', 'footer'):
		if tag not in page.seen:
			page.wrong.append('no %s' % tag)
	for wrong in page.wrong[:20]:
		print('%s: %s' % (name, wrong))
	return not page.wrong


MEASURE = r'''
<script>
function look() {
	const wrong = [], wide = innerWidth;
	const rgb = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = c => rgb(c).slice(0, 3).map(v => (v /= 255) <= .03928 ? v / 12.92 :
	    ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const back = light(getComputedStyle(document.body).backgroundColor);
	const name = e => e.tagName + ' "' + e.textContent.slice(0, 30) + '"';
	const visible = r => r.width > 0 && r.height > 0;
	const texts = [];
	for (const d of document.querySelectorAll('details')) d.open = true;
	if (wide != WIDTH) wrong.push('the window is ' + wide);
	if (matchMedia('(prefers-color-scheme: dark)').matches != DARK)
		wrong.push('the colour scheme is not the one asked for');
	if (document.documentElement.scrollWidth > wide)
		wrong.push('wider than the window: ' + document.documentElement.scrollWidth);
	const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = all.nextNode());) {
		const e = n.parentElement, r = document.createRange();
		if (!n.data.trim() || e.tagName == 'SCRIPT') continue;
		r.selectNodeContents(n);
		const boxes = e.tagName == 'text' ? [e.getBoundingClientRect()] :
		    [...r.getClientRects()];
		const style = getComputedStyle(e);
		const fore = light(e.tagName == 'text' ? style.fill : style.color);
		const contrast = (Math.max(fore, back) + .05) / (Math.min(fore, back) + .05);
		const px = e.tagName == 'text' ? parseFloat(style.fontSize) *
		    e.getScreenCTM().a : parseFloat(style.fontSize);
		if (contrast < 4.5) wrong.push(name(e) + ': contrast ' + contrast.toFixed(1));
		if (px < 9.5) wrong.push(name(e) + ': ' + px.toFixed(1) + ' px high');
		for (const b of boxes.filter(visible)) {
			const s = e.ownerSVGElement && e.ownerSVGElement.getBoundingClientRect();
			if (b.left < -.5 || b.right > wide + .5 || (s && (b.left < s.left - 1 ||
			    b.right > s.right + 1 || b.bottom > s.bottom + 1)))
				wrong.push(name(e) + ': clipped');
			texts.push([b, e]);
		}
	}
	/* Half of a line's leading may overlap. */
	texts.sort((a, b) => a[0].top - b[0].top);
	for (let i = 0; i < texts.length; i++)
		for (let k = i + 1; k < texts.length &&
		    texts[k][0].top < texts[i][0].bottom - 4; k++) {
			const [a, e] = texts[i], [b, f] = texts[k];
			if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1)
				wrong.push(name(e) + ' overlaps ' + name(f));
		}
	/* An arrow through a text makes it illegible. */
	for (const p of document.querySelectorAll('svg path:not(.line)')) {
		const b = p.getBoundingClientRect();
		for (const [t, e] of texts)
			if (e.tagName == 'text' && t.left < b.right - 1 && t.right > b.left + 1 &&
			    t.top + 3 < (b.top + b.bottom) / 2 && t.bottom - 3 > (b.top + b.bottom) / 2)
				wrong.push('an arrow goes through ' + name(e));
	}
	parent.document.body.setAttribute('data-wrong', wrong.slice(0, 20).join('; '));
	parent.document.body.setAttribute('data-texts', texts.length);
}
look();
</script>
'''


def measured(name, width, dark):
	with open(name, encoding='ascii') as f:
		page = re.sub(r'<meta http-equiv[^>]*>', '', f.read())
	script = MEASURE.replace('WIDTH', width).replace('DARK', dark)
	page = page.replace('</body>', script + '</body>')
	# A window has 500 pixels at least.
	print('<!DOCTYPE html><body style="margin:0"><iframe style="border:0;width:%spx;'
		'height:2000px" srcdoc="%s"></iframe></body>' % (width, html.escape(page)))


if sys.argv[1] == 'hostile':
	write_hostile(sys.argv[2])
elif sys.argv[1] == 'measured':
	measured(*sys.argv[2:])
else:
	sys.exit(not all([check(name) for name in sys.argv[2:]]))
