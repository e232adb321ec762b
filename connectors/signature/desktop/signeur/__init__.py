"""Signs, on this machine, what a page of the office asks to have signed.

It listens on the loopback only, for pages of the offices it was paired with, and asks the
PIN here: neither the key nor the PIN ever leaves. It stands alone, with `cryptography` and,
for a token or a card, `python-pkcs11`.

    python3 signeur.pyz --origin https://parapheur.example.fr --module /usr/lib/opensc-pkcs11.so
    python3 signeur.pyz --origin https://parapheur.example.fr --file ma-cle.p12
"""
