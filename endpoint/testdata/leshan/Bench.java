import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.HexFormat;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.server.californium.LeshanServer;
import org.eclipse.leshan.server.californium.LeshanServerBuilder;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.security.InMemorySecurityStore;
import org.eclipse.leshan.server.security.SecurityInfo;

/** A Leshan server on the loopback address: PORT CHAIN.pem KEY.pem CA.pem, then a record each: ENDPOINT, or ENDPOINT IDENTITY HEX after "psk". */
public class Bench {
  public static void main(String[] a) throws Exception {
    InMemorySecurityStore store = new InMemorySecurityStore();
    for (int i = 4; i < a.length; i++) {
      if (a[i].equals("psk")) {
        store.add(SecurityInfo.newPreSharedKeyInfo(a[i + 1], a[i + 2], HexFormat.of().parseHex(a[i + 3])));
        i += 3;
      } else {
        store.add(SecurityInfo.newX509CertInfo(a[i]));
      }
    }
    LeshanServerBuilder b = new LeshanServerBuilder();
    b.setLocalAddress("127.0.0.1", 0);
    b.setLocalSecureAddress("127.0.0.1", Integer.parseInt(a[0]));
    b.disableUnsecuredEndpoint();
    b.setSecurityStore(store);
    b.setCertificateChain(certificates(a[1]).toArray(new X509Certificate[0]));
    String key = Files.readString(Path.of(a[2])).replaceAll("-----[^-]*-----", "").replaceAll("\\s", "");
    b.setPrivateKey(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key))));
    b.setTrustedCertificates(certificates(a[3]).toArray(new Certificate[0]));
    DtlsConnectorConfig.Builder dtls = new DtlsConnectorConfig.Builder();
    dtls.setServerOnly(true); // the certificate's extended key usage is serverAuth alone
    b.setDtlsConfig(dtls);
    LeshanServer server = b.build();
    server.getRegistrationService().addListener(new RegistrationListener() {
      public void registered(Registration r, Registration before, Collection<Observation> o) {
        System.out.println("registered " + r.getEndpoint() + " " + r.getLwM2mVersion() + " " + r.getLifeTimeInSec());
      }
      public void updated(RegistrationUpdate u, Registration now, Registration before) {
        System.out.println("updated " + now.getEndpoint());
      }
      public void unregistered(Registration r, Collection<Observation> o, boolean expired, Registration next) {
        System.out.println("unregistered " + r.getEndpoint() + " expired=" + expired);
      }
    });
    server.start();
    System.out.println("leshan serves");
    while (System.in.read() >= 0) { }
    server.destroy();
  }

  static Collection<? extends Certificate> certificates(String file) throws Exception {
    try (FileInputStream in = new FileInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
  }
}
