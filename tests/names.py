"""Sample patients in many scripts: their names say "sample patient", with letters that are hard to set."""

from __future__ import annotations

NAMES = {
    "arabic": "مريض نموذجي لا",
    "arabic-marked": "محمّد السَّيِّد",
    "armenian": "Նմուշ Հիվանդ",
    "bengali": "নমুনা রোগী ক্ষ্ম",
    "bopomofo": "ㄧㄤˋ ㄅㄣˇ",
    "burmese": "နမူနာ မြင့်",
    "cherokee": "ᎤᏢᎩ ᏣᎳᎩ",
    "cyrillic": "Образец Ёж Їй",
    "devanagari": "नमूना रोगी श्री क्षिति",
    "ethiopic": "ናሙና ታካሚ",
    "georgian": "ნიმუში პაციენტი",
    "greek": "Δείγμα Ασθενή Ώΐ",
    "gujarati": "નમૂનો દર્દી ક્ષ",
    "gurmukhi": "ਨਮੂਨਾ ਮਰੀਜ਼ ਸਿੰਘ",
    "han-simplified": "样本 病人 王睿",
    "han-traditional": "樣本 病患 陳堃喆",
    "hangul": "견본 환자 설믜",
    "hebrew": "מטופל לדוגמה",
    "hebrew-pointed": "שָׁלוֹם דֻּגְמָה",
    "japanese": "サンプル 患者 髙﨑",
    "kannada": "ಮಾದರಿ ರೋಗಿ ಶ್ರೀ",
    "khmer": "អ្នកជំងឺ គំរូ",
    "kurdish": "نەخۆشی نموونە ڕێ",
    "lao": "ຄົນເຈັບ ຕົວຢ່າງ",
    "malayalam": "മാതൃകാ രോഗി ക്ഷ",
    "oriya": "ନମୁନା ରୋଗୀ",
    "pashto": "د ناروغ ځښګړ",
    "persian": "بیمار نمونه گچ‌پژ",
    "sinhala": "නියැදි රෝගියා ශ්‍රී",
    "tamil": "மாதிரி நோயாளி ஸ்ரீ",
    "telugu": "నమూనా రోగి శ్రీ",
    "thai": "ผู้ป่วย น้ำทิ้ง",
    "urdu": "نمونہ مریض ٹھیکہ",
    "vietnamese": "Bệnh Nhân Mẫu",
}

MARKED = frozenset({"arabic-marked", "hebrew-pointed"})
"""With vowel marks, in scripts that run from right to left: poppler and pdfium turn round what ActualText says."""
