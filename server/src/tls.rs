//! TLS: a certificate from files, or one that is made at the start.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use sha2::{Digest, Sha256};

/// How long a certificate that is made at the start is good: more is not believed by phones.
const SELF_SIGNED_LIFETIME: Duration = Duration::from_secs(397 * 86_400);
/// How much a client's clock may be behind.
const CLOCKS_DIFFER: Duration = Duration::from_secs(86_400);

/// Which certificate the server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// One that is made at the start, for trials: browsers warn, and people compare its fingerprint.
    SelfSigned,
    /// One from files (PEM). They are read again while the server runs, so that it may be renewed.
    Files {
        /// The certificate, and those between it and the root.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Why there is no certificate to show.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// A file can't be read, or is none with certificates.
    Certificate(PathBuf, rustls::pki_types::pem::Error),
    /// A file can't be read, or is none with a private key.
    Key(PathBuf, rustls::pki_types::pem::Error),
    /// Certificate and key don't belong together, or are of a kind that can't be used.
    Unusable(rustls::Error),
    /// A certificate can't be made.
    NotMade(rcgen::Error),
}

/// The certificate that is shown at the moment.
#[derive(Debug)]
pub(crate) struct Certificate {
    tls: Tls,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the certificate, or makes one for this address.
    pub(crate) fn new(tls: Tls, listen: SocketAddr) -> Result<Arc<Self>, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = match &tls {
            Tls::SelfSigned => self_signed(&provider, listen.ip())?,
            Tls::Files { certificate, key } => from_files(&provider, certificate, key)?,
        };
        Ok(Arc::new(Certificate { tls, provider, current: RwLock::new(Arc::new(current)) }))
    }

    /// What shows this certificate to clients, now and when it was renewed.
    pub(crate) fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        Ok(Arc::new(config))
    }

    /// Reads files again; whether there is another certificate now. With mistakes in them, the old one is shown further.
    pub(crate) fn refresh(&self) -> Result<bool, TlsError> {
        let Tls::Files { certificate, key } = &self.tls else { return Ok(false) };
        let read = from_files(&self.provider, certificate, key)?;
        let is_new = read.cert != self.current().cert;
        if is_new {
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        }
        Ok(is_new)
    }

    /// The SHA-256 of the certificate, as browsers show it.
    pub(crate) fn fingerprint(&self) -> String {
        let current = self.current();
        let hash = current.cert.first().map(Sha256::digest).unwrap_or_default();
        hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Whether it names this host: a name, or an address with brackets if it is one of IPv6.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let current = self.current();
        let parsed = current.cert.first().and_then(|certificate| ParsedCertificate::try_from(certificate).ok());
        let name = ServerName::try_from(host.trim_matches(['[', ']']));
        parsed.zip(name.ok()).is_some_and(|(parsed, name)| verify_server_name(&parsed, &name).is_ok())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn from_files(provider: &CryptoProvider, certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let wrong = |error| TlsError::Certificate(certificate.to_owned(), error);
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(wrong)?;
    if chain.is_empty() {
        return Err(wrong(rustls::pki_types::pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(key.to_owned(), error))?;
    certified(provider, chain, key)
}

fn self_signed(provider: &CryptoProvider, listen: IpAddr) -> Result<CertifiedKey, TlsError> {
    let names = std::iter::once("localhost".to_owned()).chain(addresses(listen).into_iter().map(|ip| ip.to_string()));
    let make = || {
        let mut params = CertificateParams::new(names.collect::<Vec<_>>())?;
        params.distinguished_name.push(DnType::CommonName, "itodenwa, made at its start");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = SystemTime::now();
        params.not_before = (now - CLOCKS_DIFFER).into();
        params.not_after = (now + SELF_SIGNED_LIFETIME).into();
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?, key))
    };
    let (certificate, key) = make().map_err(TlsError::NotMade)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    certified(provider, vec![certificate.der().clone()], key)
}

fn certified(
    provider: &CryptoProvider,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, TlsError> {
    let key = provider.key_provider.load_private_key(key).map_err(TlsError::Unusable)?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // That it can't be told is no sign that they do not.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(error) => Err(TlsError::Unusable(error)),
    }
}

/// The addresses by which a server that listens here is reached from this computer and from its network.
pub(crate) fn addresses(listen: IpAddr) -> Vec<IpAddr> {
    let mut addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    if listen.is_unspecified() {
        // From these addresses one would reach the ones in the documentation (RFC 5737, RFC 3849). Nothing is sent.
        addresses.extend(source("0.0.0.0:0", "192.0.2.1:9"));
        addresses.extend(source("[::]:0", "[2001:db8::1]:9"));
    } else if !addresses.contains(&listen) {
        addresses.push(listen);
    }
    addresses
}

fn source(from: &str, to: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::Certificate(path, why) => write!(f, "--tls-certificate: {}: {why}", path.display()),
            TlsError::Key(path, why) => write!(f, "--tls-key: {}: {why}", path.display()),
            TlsError::Unusable(why) => write!(f, "--tls-certificate, --tls-key: {why}"),
            TlsError::NotMade(why) => write!(f, "--tls: {why}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TlsError::Certificate(_, why) | TlsError::Key(_, why) => Some(why),
            TlsError::Unusable(why) => Some(why),
            TlsError::NotMade(why) => Some(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_lets_the_server_read_its_key() {
        let (unit, file) = (include_str!("../deploy/itodenwa-server.service"), include_str!("../deploy/itodenwa.toml"));
        let group = unit.lines().find_map(|line| line.strip_prefix("SupplementaryGroups=")).unwrap();
        let key = file.lines().find_map(|line| line.strip_prefix("tls-key = ")).unwrap().trim_matches('"');
        assert!(unit.contains(&format!("chgrp {group} {key}")), "{unit}");
    }

    /// A folder with certificate and key that is gone after the test.
    struct Files(PathBuf);

    impl Files {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("itodenwa-tls-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let files = Files(folder);
            files.renew();
            files
        }

        fn renew(&self) {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            std::fs::write(self.0.join("certificate"), made.cert.pem()).unwrap();
            std::fs::write(self.0.join("key"), made.signing_key.serialize_pem()).unwrap();
        }

        fn tls(&self) -> Tls {
            Tls::Files { certificate: self.0.join("certificate"), key: self.0.join("key") }
        }
    }

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn renewed_files_are_taken_and_broken_ones_are_not() {
        let files = Files::new("renewed");
        let certificate = Certificate::new(files.tls(), HERE).unwrap();
        let first = certificate.fingerprint();
        assert!(!certificate.refresh().unwrap());
        files.renew();
        assert!(certificate.refresh().unwrap());
        assert_ne!(certificate.fingerprint(), first);
        let second = certificate.fingerprint();
        std::fs::write(files.0.join("certificate"), "nothing").unwrap();
        assert!(matches!(certificate.refresh(), Err(TlsError::Certificate(..))));
        assert_eq!(certificate.fingerprint(), second);
    }

    #[test]
    fn files_that_are_of_no_use_are_refused_by_their_flag() {
        let (files, others) = (Files::new("wrong"), Files::new("others"));
        let (good, none) = (files.0.join("certificate"), files.0.join("none"));
        for (certificate, key, flag) in [
            (&none, &files.0.join("key"), "--tls-certificate"),
            (&good, &none, "--tls-key"),
            (&good, &good, "--tls-key"),
            (&good, &others.0.join("key"), "--tls-key"),
        ] {
            let tls = Tls::Files { certificate: certificate.clone(), key: key.clone() };
            let error = Certificate::new(tls, HERE).unwrap_err();
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn one_that_is_made_has_a_fingerprint_of_its_own() {
        let made = || Certificate::new(Tls::SelfSigned, HERE).unwrap();
        let fingerprint = made().fingerprint();
        assert_eq!(fingerprint.split(':').filter(|byte| byte.len() == 2).count(), 32);
        assert_ne!(fingerprint, made().fingerprint());
    }
}
